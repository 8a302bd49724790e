//! What went wrong, as a Python exception.

use procession_arena::Error;
use pyo3::exceptions::{
    PyAssertionError, PyIndexError, PyMemoryError, PyOSError, PyRuntimeError, PyValueError,
};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// A class of the module `procession.exceptions`, which is written in Python.
pub(crate) fn exception_class<'py>(
    py: Python<'py>,
    cell: &PyOnceLock<Py<PyType>>,
    name: &str,
) -> PyResult<Bound<'py, PyType>> {
    cell.import(py, "procession.exceptions", name).cloned()
}

/// The exception for an error that no caller has made something of its own of.
pub(crate) fn to_exception(py: Python<'_>, error: Error) -> PyErr {
    exception_for(py, &error)
}

/// As [`to_exception`], for an error that others share.
pub(crate) fn exception_for(py: Python<'_>, error: &Error) -> PyErr {
    static SHARED_MEMORY_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static STALE_HANDLE_ERROR: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static CONSUMER_LOST: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let of_own =
        |cell: &'static PyOnceLock<Py<PyType>>, name: &str, text: String| match exception_class(
            py, cell, name,
        ) {
            Ok(class) => PyErr::from_type(class, text),
            Err(error) => error,
        };
    let text = error.to_string();
    match error {
        Error::OutOfMemory { .. } => PyMemoryError::new_err(text),
        Error::System { source, .. } if source.raw_os_error().is_some() => {
            PyOSError::new_err((source.raw_os_error(), text))
        }
        Error::IndexOutOfRange { .. } => PyIndexError::new_err(text),
        Error::StaleHandle { .. } => of_own(&STALE_HANDLE_ERROR, "StaleHandleError", text),
        Error::Corrupt { .. } | Error::NotAnArena { .. } => {
            of_own(&SHARED_MEMORY_ERROR, "SharedMemoryError", text)
        }
        Error::ConsumerLost { pid, count } => {
            match exception_class(py, &CONSUMER_LOST, "ConsumerLost") {
                Ok(class) => PyErr::from_type(class, (text, *pid, *count)),
                Err(error) => error,
            }
        }
        Error::TaskDoneTooOften | Error::ReleasedTooOften { .. } | Error::TooManyPermits { .. } => {
            PyValueError::new_err(text)
        }
        Error::HeldByAnother { .. } | Error::NotHeld => PyAssertionError::new_err(text),
        _ => PyRuntimeError::new_err(text),
    }
}
