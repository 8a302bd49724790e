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
pub(crate) use semaphore::Semaphore;

use std::ffi::CString;

use procession_cluster::lock::Taken;
use procession_cluster::{Holder, Owner, SyncError};
use pyo3::exceptions::{PyAssertionError, PyValueError};
use pyo3::prelude::*;

use super::calling::call;
use super::error;

/// Has a server do something with a lock or one of its kin, if nobody makes anything of his own of an error.
fn ask<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T, SyncError> + Send) -> PyResult<T> {
    call(py, work)?.map_err(|error| to_exception(py, error))
}

/// The exception for an error that no caller has made something of its own of.
fn to_exception(py: Python<'_>, error: SyncError) -> PyErr {
    let text = error.to_string();
    match error {
        SyncError::Cluster(error) => error::to_exception(py, &error),
        SyncError::NotHeld | SyncError::HeldByAnother { .. } => PyAssertionError::new_err(text),
        _ => PyValueError::new_err(text),
    }
}

/// What `acquire` returns; warns if the holder before has lost the lock.
fn to_success(py: Python<'_>, taken: Result<Taken, SyncError>) -> PyResult<bool> {
    match taken {
        Ok(Taken {
            abandoned_by: None, ..
        }) => Ok(true),
        Ok(Taken {
            abandoned_by: Some(owner),
            ..
        }) => warn_of_abandonment(py, &owner).map(|()| true),
        Err(SyncError::TimedOut) => Ok(false),
        Err(error) => Err(to_exception(py, error)),
    }
}

#[cold]
fn warn_of_abandonment(py: Python<'_>, Owner { pid, host }: &Owner) -> PyResult<()> {
    let class = py
        .import("procession.exceptions")?
        .getattr("LockAbandonedWarning")?;
    let text = format!(
        "process {pid} on {host} died holding this lock, or was cut off from the server for longer than its lease: what the lock protects may be half \
         changed; it is yours now"
    );
    PyErr::warn(py, &class, &CString::new(text)?, 1)
}

/// Who holds a lock, in the words of its `repr`: the pid if there is a holder, 0 if it is on another machine; and whether it is this thread.
fn owner(is_mine: bool, holder: Option<Holder>) -> Option<(u32, bool)> {
    holder.map(
        |Holder { owner, .. }| match owner.host == Owner::this_process().host {
            true => (owner.pid, is_mine),
            false => (0, is_mine),
        },
    )
}
