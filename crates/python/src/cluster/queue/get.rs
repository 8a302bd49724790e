//! Getting.

use procession_arena::Wait;
use procession_cluster::ClusterError;
use procession_cluster::queue::{Message, QueueError};
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::Queue;
use super::error::to_exception;
use crate::cluster::calling::call;
use crate::cluster::error::{self, nothing_said};
use crate::cluster::value::from_bytes;

impl Queue {
    pub(super) fn get_one<'py>(&self, py: Python<'py>, until: Wait) -> PyResult<Bound<'py, PyAny>> {
        let taken = call(py, || self.queue.get(until))?;
        let message = taken.map_err(|error| not_taken(py, error))?;
        from_bytes(py, message.bytes, self.server())
    }

    pub(super) fn get_some<'py>(
        &self,
        py: Python<'py>,
        limit: usize,
        until: Wait,
    ) -> PyResult<Bound<'py, PyList>> {
        let taken = call(py, || self.queue.get_many(limit, until))?;
        let items = PyList::empty(py);
        let mut failure = None;
        for message in taken.map_err(|error| not_taken(py, error))? {
            match self.read(py, message) {
                Ok(item) => items.append(item)?,
                Err(error) => failure = Some(error),
            }
        }
        match failure {
            None => Ok(items),
            Some(error) => {
                error.value(py).setattr("items", items)?;
                Err(error)
            }
        }
    }

    fn read<'py>(
        &self,
        py: Python<'py>,
        message: Result<Message, ClusterError>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let message = message.map_err(|error| error::to_exception(py, &error))?;
        from_bytes(py, message.bytes, self.server())
    }
}

/// The exception for an item that could not be taken.
fn not_taken(py: Python<'_>, error: QueueError) -> PyErr {
    match error {
        QueueError::Empty | QueueError::TimedOut => nothing_said(py, "queue", "Empty"),
        error => to_exception(py, error),
    }
}
