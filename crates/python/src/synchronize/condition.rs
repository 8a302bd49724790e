//! Conditions.

use procession_arena::{Error, Participant};
use procession_objects as objects;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use super::{Lock, ReentrantLock, to_success};
use crate::error::to_exception;
use crate::held::{HandleNumbers, Held};
use crate::waiting::{wait_detached, wait_for};

/// A condition in shared memory.
#[pyclass(subclass, frozen, module = "procession._native")]
pub(crate) struct Condition {
    held: Held<objects::Condition>,
}

#[pymethods]
impl Condition {
    /// Creates a condition that goes with `lock`, or takes hold of the one that `handle` names.
    #[new]
    #[pyo3(signature = (handle=None, lock=None))]
    fn new(
        py: Python<'_>,
        handle: Option<HandleNumbers>,
        lock: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Condition> {
        let held = match lock {
            None if handle.is_none() => return Err(not_a_lock()),
            None => Held::new(py, handle, |_| Err(Error::NotHeld))?,
            Some(lock) => match (lock.cast::<Lock>(), lock.cast::<ReentrantLock>()) {
                (Ok(lock), _) => Held::new(py, handle, |me| {
                    objects::Condition::create(me, lock.get().object())
                })?,
                (_, Ok(lock)) => Held::new(py, handle, |me| {
                    objects::Condition::create_for_reentrant(me, lock.get().object())
                })?,
                _ => return Err(not_a_lock()),
            },
        };
        Ok(Condition { held })
    }

    /// The condition's name in the session.
    #[getter]
    fn handle(&self) -> HandleNumbers {
        self.held.handle()
    }

    /// Waits, with the lock given up meanwhile, until somebody notifies; False if the time is over.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let condition = self.held.object();
        let waiting = |me: &Participant, wait| condition.wait(me, wait);
        let waited = wait_detached(py, wait_for(true, timeout), waiting)?
            .map_err(|error| to_exception(py, error))?;
        to_success(py, Ok(waited.taken))?;
        Ok(waited.notified)
    }

    /// How many wait, of all processes.
    fn waiting(&self, py: Python<'_>) -> PyResult<usize> {
        self.held.with(py, objects::Condition::waiting)
    }

    /// Wakes at most `n` of those that wait.
    #[pyo3(signature = (n=1))]
    fn notify(&self, py: Python<'_>, n: usize) -> PyResult<()> {
        self.held
            .with(py, |condition, me| condition.notify(me, n).map(drop))
    }

    /// Wakes all that wait.
    fn notify_all(&self, py: Python<'_>) -> PyResult<()> {
        self.held
            .with(py, |condition, me| condition.notify_all(me).map(drop))
    }
}

fn not_a_lock() -> PyErr {
    PyTypeError::new_err("a condition goes with a Lock or RLock of procession")
}
