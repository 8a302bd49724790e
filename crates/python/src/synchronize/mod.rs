//! Locks and their kin.

mod barrier;
mod condition;
mod event;
mod lock;
mod reentrant_lock;
mod semaphore;

pub(crate) use barrier::Barrier;
pub(crate) use condition::Condition;
pub(crate) use event::Event;
pub(crate) use lock::Lock;
pub(crate) use reentrant_lock::ReentrantLock;
pub(crate) use semaphore::{RELEASED_TOO_OFTEN, Semaphore, permit_rule};

use std::ffi::CString;

use procession_arena::Error;
use procession_objects::{Holder, Taken};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use crate::error::{exception_class, to_exception};

/// What `acquire` returns; warns if the holder before has died holding the lock.
fn to_success(py: Python<'_>, taken: Result<Taken, Error>) -> PyResult<bool> {
    match taken {
        Ok(Taken {
            abandoned_by: None, ..
        }) => Ok(true),
        Ok(Taken {
            abandoned_by: Some(pid),
            ..
        }) => warn_of_abandonment(py, pid).map(|()| true),
        Err(Error::TimedOut) => Ok(false),
        Err(error) => Err(to_exception(py, error)),
    }
}

#[cold]
fn warn_of_abandonment(py: Python<'_>, pid: u32) -> PyResult<()> {
    static WARNING: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = exception_class(py, &WARNING, "LockAbandonedWarning")?;
    let text = format!(
        "process {pid} died holding this lock: what the lock protects may be half changed; it is yours now"
    );
    PyErr::warn(py, &class, &CString::new(text)?, 1)
}

/// Who holds a lock, in the words of its `repr`: the pid if there is a holder, and whether it is this thread.
fn owner(is_mine: bool, holder: Option<Holder>) -> Option<(u32, bool)> {
    holder.map(|holder| (holder.pid, is_mine))
}
