//! Arrays of numbers, as bytes: what they mean is the business of `array.array`.

use procession_cluster as core;
use procession_cluster::array::{ArrayError, Initial, SharedArray as Core};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::cluster::calling::{ask, call};
use crate::cluster::connection::Cluster;
use crate::cluster::error::to_exception;
use crate::cluster::object::{Object, OnServer};

impl OnServer for Core {
    fn object(&self) -> &core::Object {
        Core::object(self)
    }
}

/// An array on a server.
#[pyclass(
    name = "ClusterArray",
    extends = Object,
    subclass,
    frozen,
    module = "procession._native"
)]
pub(crate) struct Array {
    array: Core,
}

#[pymethods]
impl Array {
    /// Makes an array of elements of `size` bytes each, or takes hold of the one of that name; with `attach`, of one that somebody has made.
    ///
    /// `contents` says what the bytes mean; an array of the same name for other contents is refused.
    #[new]
    #[pyo3(signature = (cluster, name=None, attach=false, elements=None, size=1, contents=None))]
    fn new(
        py: Python<'_>,
        cluster: &Cluster,
        name: Option<&str>,
        attach: bool,
        elements: Option<&[u8]>,
        size: u64,
        contents: Option<&str>,
    ) -> PyResult<PyClassInitializer<Array>> {
        let initial = Initial::Elements(elements.unwrap_or_default(), size);
        let array = ask(py, || match (name, attach) {
            (Some(name), true) => Core::attach(&cluster.0, name),
            _ => Core::create(&cluster.0, name, initial, contents),
        })?;
        let handle = array.clone();
        Ok(Object::base_of(Array { array }, handle))
    }

    fn __len__(&self) -> usize {
        usize::try_from(self.array.len()).unwrap_or(usize::MAX)
    }

    /// The bytes of the element at `place`.
    fn _read_one<'py>(&self, py: Python<'py>, place: u64) -> PyResult<Bound<'py, PyBytes>> {
        self._read(py, place, place.saturating_add(1))
    }

    /// The bytes of the elements from `start` to `stop`; as they are at one moment, if they are no more than 256 KiB.
    fn _read<'py>(&self, py: Python<'py>, start: u64, stop: u64) -> PyResult<Bound<'py, PyBytes>> {
        let count = stop.min(self.array.len()).saturating_sub(start);
        let length = count.saturating_mul(self.array.element_size());
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| out_of_range())?];
        let read = call(py, || self.array.read_into(start, &mut bytes))?;
        read.map_err(|error| refusal(py, error))?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Replaces the elements from `start` on; as one step, if they are no more than 256 KiB.
    fn _write(&self, py: Python<'_>, start: u64, elements: &[u8]) -> PyResult<()> {
        let written = call(py, || self.array.write_from(start, elements))?;
        written.map_err(|error| refusal(py, error))
    }
}

fn refusal(py: Python<'_>, error: ArrayError) -> PyErr {
    match error {
        ArrayError::OutOfRange { .. } => out_of_range(),
        ArrayError::Cluster(error) => to_exception(py, &error),
    }
}

fn out_of_range() -> PyErr {
    PyIndexError::new_err("array index out of range")
}
