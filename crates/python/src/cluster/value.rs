//! Values on their way to a server and back.

use procession_cluster::Cluster;
use pyo3::prelude::*;

use super::error::to_exception;
use crate::encoding::{Pickler, decode_from, encode_for, tag};
use crate::transfer::Goal;

/// The bytes of a value that goes to that server.
pub(super) fn to_bytes(
    value: &Bound<'_, PyAny>,
    pickler: &Pickler,
    server: &Cluster,
) -> PyResult<Vec<u8>> {
    let bytes = encode_for(value, pickler, Goal::Server(server))?.into_bytes();
    check_trust(value.py(), &bytes, server)?;
    Ok(bytes)
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
    check_trust(py, &bytes, server)?;
    decode_from(py, bytes, server)
}

/// Reading a pickle runs what whoever has written it wants. So it must be signed, unless nothing leaves this machine.
fn check_trust(py: Python<'_>, bytes: &[u8], server: &Cluster) -> PyResult<()> {
    match bytes.first() {
        Some(&tag::PICKLE) => server
            .check_signatures()
            .map_err(|error| to_exception(py, &error)),
        _ => Ok(()),
    }
}

/// Many byte strings, as the floor below wants them.
pub(super) fn borrowed(all: &[Vec<u8>]) -> Vec<&[u8]> {
    all.iter().map(Vec::as_slice).collect()
}
