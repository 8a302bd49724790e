//! What can go wrong with a queue, as a Python exception.

use procession_cluster::queue::QueueError;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::cluster::error::{self, nothing_said};

/// The exception for an error that no caller has made something of its own of.
pub(super) fn to_exception(py: Python<'_>, error: QueueError) -> PyErr {
    let text = error.to_string();
    match error {
        QueueError::Full => nothing_said(py, "queue", "Full"),
        QueueError::Empty => nothing_said(py, "queue", "Empty"),
        QueueError::Closed => nothing_said(py, "procession.exceptions", "ShutDown"),
        QueueError::ConsumerLost { host, pid, count } => {
            consumer_lost(py, (text, pid, count, host)).unwrap_or_else(|error| error)
        }
        QueueError::Cluster(error) => error::to_exception(py, &error),
        _ => PyValueError::new_err(text),
    }
}

fn consumer_lost(py: Python<'_>, arguments: (String, u32, u64, String)) -> PyResult<PyErr> {
    let exceptions = py.import("procession.exceptions")?;
    let raised = exceptions.getattr("ConsumerLost")?.call1(arguments)?;
    Ok(PyErr::from_value(raised))
}
