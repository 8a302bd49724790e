//! Barriers.

use procession_arena::Error;
use procession_objects::{self as objects, Turn};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use crate::error::to_exception;
use crate::held::{HandleNumbers, Held};
use crate::waiting::{wait_detached, wait_for};

/// A barrier in shared memory.
#[pyclass(subclass, frozen, module = "procession._native")]
pub(crate) struct Barrier {
    held: Held<objects::Barrier>,
}

#[pymethods]
impl Barrier {
    /// Creates a barrier, or takes hold of the one that `handle` names.
    #[new]
    #[pyo3(signature = (handle=None, parties=1))]
    fn new(py: Python<'_>, handle: Option<HandleNumbers>, parties: u16) -> PyResult<Barrier> {
        Ok(Barrier {
            held: Held::new(py, handle, |me| objects::Barrier::create(me, parties))?,
        })
    }

    /// The barrier's name in the session.
    #[getter]
    fn handle(&self) -> HandleNumbers {
        self.held.handle()
    }

    /// How many must come.
    #[getter]
    fn parties(&self) -> u16 {
        self.held.object().parties()
    }

    /// How many wait now.
    #[getter]
    fn n_waiting(&self, py: Python<'_>) -> PyResult<u16> {
        self.held.with(py, |barrier, me| barrier.n_waiting(me))
    }

    /// Whether it is broken.
    #[getter]
    fn broken(&self, py: Python<'_>) -> PyResult<bool> {
        self.held.with(py, |barrier, me| barrier.is_broken(me))
    }

    /// Waits until all have come, and returns how many had come before.
    ///
    /// The last to come runs `action` before the others go on; if it raises something, the barrier breaks.
    #[pyo3(signature = (timeout=None, action=None))]
    fn arrive(
        &self,
        py: Python<'_>,
        timeout: Option<f64>,
        action: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<u16> {
        let barrier = self.held.object();
        let until = wait_for(true, timeout);
        let turn = wait_detached(py, until, |me, wait| barrier.arrive(me, wait))?
            .map_err(|error| to_refusal(py, error))?;
        let turn = match turn {
            Turn::Through { index } => return Ok(index),
            Turn::Last(turn) => turn,
        };
        if let Some(Err(raised)) = action.map(Bound::call0) {
            self.held
                .with(py, |barrier, me| barrier.give_up(me, turn))?;
            return Err(raised);
        }
        procession_engine::with_participant(|me| barrier.release(me, turn))
            .map_err(|error| to_refusal(py, error))?;
        Ok(barrier.parties() - 1)
    }

    /// Breaks it: who waits and who comes is sent away.
    fn abort(&self, py: Python<'_>) -> PyResult<()> {
        self.held.with(py, |barrier, me| barrier.abort(me))
    }

    /// Makes it as good as new; who waits is sent away.
    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        self.held.with(py, |barrier, me| barrier.reset(me))
    }
}

fn to_refusal(py: Python<'_>, error: Error) -> PyErr {
    static BROKEN: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    match error {
        // Who gives up breaks it.
        Error::BrokenBarrier | Error::TimedOut => BROKEN
            .import(py, "threading", "BrokenBarrierError")
            .map_or_else(|error| error, |class| PyErr::from_type(class.clone(), ())),
        error => to_exception(py, error),
    }
}
