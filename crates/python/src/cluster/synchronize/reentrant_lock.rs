//! Locks that one thread holds at a time, as often as it likes.

use procession_cluster as core;
use procession_cluster::SyncError;
use procession_cluster::reentrant_lock::ReentrantLock as Core;
use pyo3::exceptions::PyAssertionError;
use pyo3::prelude::*;

use super::{owner, to_exception, to_success};
use crate::cluster::calling::{self, call};
use crate::cluster::connection::Cluster;
use crate::cluster::object::{Object, OnServer};
use crate::waiting::wait_for;

impl OnServer for Core {
    fn object(&self) -> &core::Object {
        Core::object(self)
    }
}

/// A reentrant lock on a server.
#[pyclass(
    name = "ClusterReentrantLock",
    extends = Object,
    subclass,
    frozen,
    module = "procession._native"
)]
pub(crate) struct ReentrantLock {
    lock: Core,
}

#[pymethods]
impl ReentrantLock {
    /// Makes a lock, or takes hold of the one of that name; with `attach`, of one that somebody has made.
    #[new]
    #[pyo3(signature = (cluster, name=None, attach=false))]
    fn new(
        py: Python<'_>,
        cluster: &Cluster,
        name: Option<&str>,
        attach: bool,
    ) -> PyResult<PyClassInitializer<ReentrantLock>> {
        let lock = calling::ask(py, || match (name, attach) {
            (Some(name), true) => Core::attach(&cluster.0, name),
            _ => Core::create(&cluster.0, name),
        })?;
        let handle = lock.clone();
        Ok(Object::base_of(ReentrantLock { lock }, handle))
    }

    /// Takes the lock, once more if this thread holds it already; False if the time is over.
    #[pyo3(signature = (block=true, timeout=None))]
    fn acquire(&self, py: Python<'_>, block: bool, timeout: Option<f64>) -> PyResult<bool> {
        let until = wait_for(block, timeout);
        let taken = call(py, || self.lock.acquire(until))?;
        let was_taken = taken.is_ok();
        let is_taken = to_success(py, taken);
        if was_taken && is_taken.is_err() {
            // The warning was turned into an exception: then the caller has not got the lock.
            let _ = py.detach(|| self.lock.release());
        }
        is_taken
    }

    /// Ends one hold of this thread.
    fn release(&self, py: Python<'_>) -> PyResult<()> {
        match call(py, || self.lock.release())? {
            Err(SyncError::NotHeld | SyncError::HeldByAnother { .. }) => Err(
                PyAssertionError::new_err("attempt to release recursive lock not owned by thread"),
            ),
            outcome => outcome.map_err(|error| to_exception(py, error)),
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
        calling::ask(py, || self.lock.is_locked())
    }

    /// The holder's pid and whether it is this thread; None if nobody holds it.
    fn owner(&self, py: Python<'_>) -> PyResult<Option<(u32, bool)>> {
        let holder = calling::ask(py, || self.lock.holder())?;
        Ok(owner(self.is_mine(), holder))
    }

    /// Whether this thread holds it.
    fn is_mine(&self) -> bool {
        self.lock.own_hold().is_some_and(|hold| !hold.is_lost())
    }

    /// How often this thread holds it.
    fn depth(&self) -> u32 {
        self.lock.depth()
    }

    /// A number that grows with each acquisition, while this thread holds the lock; otherwise None.
    #[getter]
    fn fence(&self) -> Option<u64> {
        let hold = self.lock.own_hold().filter(|hold| !hold.is_lost());
        hold.map(|hold| hold.fence())
    }

    /// Whether the lock, which this thread has acquired, may be somebody else's by now.
    #[getter]
    fn lost(&self) -> bool {
        self.lock.own_hold().is_some_and(|hold| hold.is_lost())
    }
}

impl ReentrantLock {
    pub(super) fn core(&self) -> &Core {
        &self.lock
    }
}
