//! Locks that one process holds at a time.

use std::sync::{Mutex, PoisonError};
use std::thread::{self, ThreadId};

use procession_cluster as core;
use procession_cluster::SyncError;
use procession_cluster::lock::{Hold, Lock as Core};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::{ask, owner, to_success};
use crate::cluster::calling::{self, call};
use crate::cluster::connection::Cluster;
use crate::cluster::object::{Object, OnServer};
use crate::synchronize::RELEASED_TOO_OFTEN;
use crate::waiting::wait_for;

impl OnServer for Core {
    fn object(&self) -> &core::Object {
        Core::object(self)
    }
}

/// A lock on a server.
#[pyclass(
    name = "ClusterLock",
    extends = Object,
    subclass,
    frozen,
    module = "procession._native"
)]
pub(crate) struct Lock {
    lock: Core,
    /// The thread of this process that acquired it last.
    thread: Mutex<Option<ThreadId>>,
}

#[pymethods]
impl Lock {
    /// Makes a lock, or takes hold of the one of that name; with `attach`, of one that somebody has made.
    #[new]
    #[pyo3(signature = (cluster, name=None, attach=false))]
    fn new(
        py: Python<'_>,
        cluster: &Cluster,
        name: Option<&str>,
        attach: bool,
    ) -> PyResult<PyClassInitializer<Lock>> {
        let lock = calling::ask(py, || match (name, attach) {
            (Some(name), true) => Core::attach(&cluster.0, name),
            _ => Core::create(&cluster.0, name),
        })?;
        let handle = lock.clone();
        let thread = Mutex::default();
        Ok(Object::base_of(Lock { lock, thread }, handle))
    }

    /// Takes the lock; False if the time is over.
    #[pyo3(signature = (block=true, timeout=None))]
    fn acquire(&self, py: Python<'_>, block: bool, timeout: Option<f64>) -> PyResult<bool> {
        let until = wait_for(block, timeout);
        let taken = call(py, || self.lock.acquire(until))?;
        if taken.is_ok() {
            self.note_thread();
        }
        let is_taken = to_success(py, taken);
        if is_taken.is_err()
            && let Some(hold) = self.own_hold()
        {
            // The warning was turned into an exception: then the caller has not got the lock.
            let _ = py.detach(|| self.lock.release_hold(&hold));
        }
        is_taken
    }

    /// Gives the lock up, whoever holds it, also one who has died.
    fn release(&self, py: Python<'_>) -> PyResult<()> {
        let own = self.lock.own_hold();
        let released = ask(py, || match &own {
            Some(hold) if self.lock.release_hold(hold)? => Ok(true),
            _ => match self.lock.release() {
                Err(SyncError::NotHeld) => Ok(self.lock.release_abandoned()?),
                outcome => outcome.map(|()| true),
            },
        })?;
        match released {
            true => Ok(()),
            false => Err(PyValueError::new_err(RELEASED_TOO_OFTEN)),
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
        let mine = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        self.own_hold().is_some() && *mine == Some(thread::current().id())
    }

    /// A number that grows with each acquisition, while this process holds the lock; otherwise None.
    #[getter]
    fn fence(&self) -> Option<u64> {
        self.own_hold().map(|hold| hold.fence())
    }

    /// Whether the lock, which this process has acquired, may be somebody else's by now.
    #[getter]
    fn lost(&self) -> bool {
        self.lock.own_hold().is_some_and(|hold| hold.is_lost())
    }
}

impl Lock {
    pub(super) fn core(&self) -> &Core {
        &self.lock
    }

    /// The hold of this process, unless it is lost.
    fn own_hold(&self) -> Option<Hold> {
        self.lock.own_hold().filter(|hold| !hold.is_lost())
    }

    pub(super) fn note_thread(&self) {
        let mut mine = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        *mine = Some(thread::current().id());
    }
}
