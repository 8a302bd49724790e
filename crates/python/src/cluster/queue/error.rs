//! What can go wrong with a queue, as a Python exception.

use procession_cluster::queue::QueueError;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::cluster::error;

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

/// As the stdlib raises them: without a word.
pub(super) fn nothing_said(py: Python<'_>, module: &str, class: &str) -> PyErr {
    let class = py
        .import(module)
        .and_then(|module| module.getattr(class)?.cast_into().map_err(PyErr::from));
    match class {
        Ok(class) => PyErr::from_type(class, ()),
        Err(error) => error,
    }
}

fn consumer_lost(py: Python<'_>, arguments: (String, u32, u64, String)) -> PyResult<PyErr> {
    let exceptions = py.import("procession.exceptions")?;
    let raised = exceptions.getattr("ConsumerLost")?.call1(arguments)?;
    Ok(PyErr::from_value(raised))
}
