//! What went wrong with a pool or a task, as a Python exception.

use procession_engine::{PoolError, ProcessError};
use pyo3::exceptions::{PyMemoryError, PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use crate::error::{exception_class, exception_for};

/// The exception for an error of the engine's pool.
pub(super) fn to_exception(py: Python<'_>, error: &PoolError) -> PyErr {
    static WORKER_LOST: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static TASK_TIMEOUT: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static TASK_CANCELLED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static POOL_TERMINATED: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static POOL_BROKEN: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static NO_WORKERS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static HOST_LOST: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static UNAVAILABLE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static TOO_LARGE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let text = error.to_string();
    let named =
        |cell: &'static PyOnceLock<Py<PyType>>, name: &str| match exception_class(py, cell, name) {
            Ok(class) => PyErr::from_type(class, (error.to_string(),)),
            Err(error) => error,
        };
    match error {
        PoolError::WorkerLost { pid, cause, .. } => {
            match exception_class(py, &WORKER_LOST, "WorkerLost") {
                Ok(class) => PyErr::from_type(class, (text, *pid, exitcode(cause))),
                Err(error) => error,
            }
        }
        PoolError::TaskTimeout { .. } => named(&TASK_TIMEOUT, "TaskTimeout"),
        PoolError::Cancelled => named(&TASK_CANCELLED, "TaskCancelled"),
        PoolError::Terminated => named(&POOL_TERMINATED, "PoolTerminated"),
        PoolError::Broken { .. } => named(&POOL_BROKEN, "PoolBroken"),
        PoolError::Closed => PyValueError::new_err("Pool not running"),
        PoolError::StillOpen => PyValueError::new_err("Pool is still running"),
        PoolError::ResultNotStored { .. } | PoolError::MemoryLimit { .. } => {
            PyMemoryError::new_err(text)
        }
        PoolError::Arena(error) => exception_for(py, error),
        PoolError::LocalObject => PyTypeError::new_err(text),
        PoolError::NoWorkerHost { .. } => named(&NO_WORKERS, "NoWorkers"),
        PoolError::HostLost { host, attempts } => {
            match exception_class(py, &HOST_LOST, "HostLost") {
                Ok(class) => PyErr::from_type(class, (text, host.clone(), *attempts)),
                Err(error) => error,
            }
        }
        PoolError::Unavailable { .. } => named(&UNAVAILABLE, "ServerUnavailable"),
        PoolError::TooLarge { .. } => named(&TOO_LARGE, "PayloadTooLarge"),
        _ => PyRuntimeError::new_err(text),
    }
}

/// As `multiprocessing` has it: negative for a signal, None if it is not known.
fn exitcode(cause: &ProcessError) -> Option<i32> {
    match cause {
        ProcessError::Exited { code } | ProcessError::NotStarted { code } => Some(*code),
        ProcessError::Signaled { signal, .. } => Some(-signal),
        _ => None,
    }
}
