//! Events.

use procession_arena::Error;
use procession_objects as objects;
use pyo3::prelude::*;

use crate::error::to_exception;
use crate::held::{HandleNumbers, Held};
use crate::waiting::{wait, wait_for};

/// An event in shared memory.
#[pyclass(subclass, frozen, module = "procession._native")]
pub(crate) struct Event {
    held: Held<objects::Event>,
}

#[pymethods]
impl Event {
    /// Creates an event, or takes hold of the one that `handle` names.
    #[new]
    #[pyo3(signature = (handle=None))]
    fn new(py: Python<'_>, handle: Option<HandleNumbers>) -> PyResult<Event> {
        Ok(Event {
            held: Held::new(py, handle, objects::Event::create)?,
        })
    }

    /// The event's name in the session.
    #[getter]
    fn handle(&self) -> HandleNumbers {
        self.held.handle()
    }

    /// Whether it is set.
    fn is_set(&self, py: Python<'_>) -> PyResult<bool> {
        self.held.with(py, |event, me| event.is_set(me))
    }

    /// Sets it, whereupon everybody who waits for it goes on.
    fn set(&self, py: Python<'_>) -> PyResult<()> {
        self.held.with(py, |event, me| event.set(me))
    }

    /// Makes it unset.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        self.held.with(py, |event, me| event.clear(me))
    }

    /// Waits until it is set; False if the time is over.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let event = self.held.object();
        match wait(py, wait_for(true, timeout), |me, wait| event.wait(me, wait))? {
            Ok(()) => Ok(true),
            Err(Error::TimedOut) => Ok(false),
            Err(error) => Err(to_exception(py, error)),
        }
    }
}
