//! Values on their way to a server and back.

use procession_cluster::Cluster;
use pyo3::prelude::*;

use crate::encoding::{Pickler, decode_from, encode_for};

/// The bytes of a value that goes to that server.
pub(super) fn to_bytes(
    value: &Bound<'_, PyAny>,
    pickler: &Pickler,
    server: &Cluster,
) -> PyResult<Vec<u8>> {
    Ok(encode_for(value, pickler, Some(server))?.into_bytes())
}

/// The bytes of several.
pub(super) fn all_to_bytes(
    values: &[Bound<'_, PyAny>],
    server: &Cluster,
) -> PyResult<Vec<Vec<u8>>> {
    let pickler = Pickler::default();
    values
        .iter()
        .map(|value| to_bytes(value, &pickler, server))
        .collect()
}

/// A value that has come from that server.
pub(super) fn from_bytes<'py>(
    py: Python<'py>,
    bytes: Vec<u8>,
    server: &Cluster,
) -> PyResult<Bound<'py, PyAny>> {
    decode_from(py, bytes, server)
}

/// Many byte strings, as the floor below wants them.
pub(super) fn borrowed(all: &[Vec<u8>]) -> Vec<&[u8]> {
    all.iter().map(Vec::as_slice).collect()
}
