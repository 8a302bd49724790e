//! Locks that one process holds at a time.

use procession_arena::Error;
use procession_objects as objects;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::{owner, to_success};
use crate::held::{HandleNumbers, Held};
use crate::waiting::{wait, wait_for};

/// A lock in shared memory.
#[pyclass(subclass, frozen, module = "procession._native")]
pub(crate) struct Lock {
    pub(super) held: Held<objects::Lock>,
}

#[pymethods]
impl Lock {
    /// Creates a lock, or takes hold of the one that `handle` names.
    #[new]
    #[pyo3(signature = (handle=None))]
    fn new(py: Python<'_>, handle: Option<HandleNumbers>) -> PyResult<Lock> {
        Ok(Lock {
            held: Held::new(py, handle, objects::Lock::create)?,
        })
    }

    /// The lock's name in the session.
    #[getter]
    fn handle(&self) -> HandleNumbers {
        self.held.handle()
    }

    /// Takes the lock; False if the time is over.
    #[pyo3(signature = (block=true, timeout=None))]
    fn acquire(&self, py: Python<'_>, block: bool, timeout: Option<f64>) -> PyResult<bool> {
        let lock = self.held.object();
        let taken = wait(py, wait_for(block, timeout), |me, wait| {
            lock.acquire(me, wait)
        })?;
        let is_taken = to_success(py, taken);
        if is_taken.is_err() {
            // The warning was turned into an exception: then the caller has not got the lock.
            let _ = self.held.with(py, |lock, me| lock.release(me));
        }
        is_taken
    }

    /// Gives the lock up, whoever holds it, also one who has died.
    fn release(&self, py: Python<'_>) -> PyResult<()> {
        match self.held.with(py, |lock, me| match lock.release(me) {
            Err(Error::NotHeld) => lock.release_abandoned(me),
            outcome => outcome.map(|()| true),
        })? {
            true => Ok(()),
            false => Err(PyValueError::new_err(super::semaphore::RELEASED_TOO_OFTEN)),
        }
    }

    fn __enter__(&self, py: Python<'_>) -> PyResult<bool> {
        self.acquire(py, true, None)
    }

    fn __exit__(
        &self,
        py: Python<'_>,
        _type: &Bound<'_, PyAny>,
        _exception: &Bound<'_, PyAny>,
        _traceback: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.release(py)
    }

    /// Whether anybody holds the lock.
    fn locked(&self, py: Python<'_>) -> PyResult<bool> {
        self.held.with(py, |lock, me| lock.is_locked(me))
    }

    /// The holder's pid and whether it is this thread; None if nobody holds it.
    fn owner(&self, py: Python<'_>) -> PyResult<Option<(u32, bool)>> {
        self.held.with(py, |lock, me| {
            Ok(owner(lock.is_mine(me)?, lock.holder(me)?))
        })
    }

    /// Whether this thread holds it.
    fn is_mine(&self, py: Python<'_>) -> PyResult<bool> {
        self.held.with(py, |lock, me| lock.is_mine(me))
    }
}

impl Lock {
    pub(super) fn object(&self) -> &objects::Lock {
        self.held.object()
    }
}
