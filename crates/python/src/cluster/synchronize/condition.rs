//! Conditions.

use procession_cluster as core;
use procession_cluster::condition::{Condition as Core, Guarded, Waited};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::{Lock, ReentrantLock, ask, to_success};
use crate::cluster::calling;
use crate::cluster::connection::Cluster;
use crate::cluster::object::{Object, OnServer};
use crate::waiting::wait_for;

impl OnServer for Core {
    fn object(&self) -> &core::Object {
        Core::object(self)
    }
}

/// A condition on a server.
#[pyclass(
    name = "ClusterCondition",
    extends = Object,
    subclass,
    frozen,
    module = "procession._native"
)]
pub(crate) struct Condition {
    condition: Core,
    /// The Python object of its lock.
    lock: Py<PyAny>,
}

#[pymethods]
impl Condition {
    /// Makes a condition that goes with `lock`, or takes hold of the one of that name; with `attach`, of one that somebody has made.
    #[new]
    #[pyo3(signature = (cluster, lock, name=None, attach=false))]
    fn new(
        cluster: &Cluster,
        lock: &Bound<'_, PyAny>,
        name: Option<&str>,
        attach: bool,
    ) -> PyResult<PyClassInitializer<Condition>> {
        let guarded = match (lock.cast::<Lock>(), lock.cast::<ReentrantLock>()) {
            (Ok(lock), _) => Guarded::Lock(lock.get().core().clone()),
            (_, Ok(lock)) => Guarded::Reentrant(lock.get().core().clone()),
            _ => return Err(not_a_lock()),
        };
        let py = lock.py();
        let condition = calling::ask(py, || match (name, attach) {
            (Some(name), true) => Core::attach(&cluster.0, name),
            _ => Core::create(&cluster.0, name, &guarded),
        })?;
        let handle = condition.clone();
        let lock = lock.clone().unbind();
        Ok(Object::base_of(Condition { condition, lock }, handle))
    }

    /// Waits, with the lock given up meanwhile, until somebody notifies; False if the time is over.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let until = wait_for(true, timeout);
        let mut waiting = ask(py, || self.condition.enter())?;
        let waited = calling::ask(py, || waiting.wait(until));
        // Also after an exception of a signal handler: whoever catches it believes to hold the lock.
        let finished = ask(py, || waiting.finish());
        if let Ok(lock) = self.lock.bind(py).cast::<Lock>() {
            lock.get().note_thread();
        }
        waited?;
        let Waited { notified, taken } = finished?;
        to_success(py, Ok(taken))?;
        Ok(notified)
    }

    /// Wakes at most `n` of those that wait.
    #[pyo3(signature = (n=1))]
    fn notify(&self, py: Python<'_>, n: usize) -> PyResult<()> {
        calling::ask(py, || self.condition.notify(n).map(drop))
    }

    /// Wakes all that wait.
    fn notify_all(&self, py: Python<'_>) -> PyResult<()> {
        calling::ask(py, || self.condition.notify_all().map(drop))
    }
}

fn not_a_lock() -> PyErr {
    PyTypeError::new_err("a condition on a server goes with a Lock or RLock on a server")
}
