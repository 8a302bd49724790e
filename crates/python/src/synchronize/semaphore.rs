//! Semaphores, bounded or not.

use procession_arena::Error;
use procession_objects::{self as objects, PermitRule};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::to_exception;
use crate::held::{HandleNumbers, Held};
use crate::waiting::{wait, wait_for};

pub(crate) const RELEASED_TOO_OFTEN: &str = "semaphore or lock released too many times";

/// The rule that goes by that name.
pub(crate) fn permit_rule(name: &str) -> PyResult<PermitRule> {
    match name {
        "plain" => Ok(PermitRule::Plain),
        "bounded" => Ok(PermitRule::Bounded),
        "attributed" => Ok(PermitRule::Attributed),
        unknown => Err(PyValueError::new_err(format!(
            "there is no rule {unknown:?} for permits"
        ))),
    }
}

/// A semaphore in shared memory.
#[pyclass(subclass, frozen, module = "procession._native")]
pub(crate) struct Semaphore {
    held: Held<objects::Semaphore>,
}

#[pymethods]
impl Semaphore {
    /// Creates a semaphore, or takes hold of the one that `handle` names.
    ///
    /// `rule`: a "plain" one can be released without end, a "bounded" one only up to `value`; an "attributed" one gets back what a process holds
    /// that dies.
    #[new]
    #[pyo3(signature = (handle=None, value=1, rule="plain"))]
    fn new(
        py: Python<'_>,
        handle: Option<HandleNumbers>,
        value: u32,
        rule: &str,
    ) -> PyResult<Semaphore> {
        let rule = permit_rule(rule)?;
        Ok(Semaphore {
            held: Held::new(py, handle, |me| objects::Semaphore::create(me, value, rule))?,
        })
    }

    /// The semaphore's name in the session.
    #[getter]
    fn handle(&self) -> HandleNumbers {
        self.held.handle()
    }

    /// With how many permits it was created.
    #[getter]
    fn initial(&self) -> u32 {
        self.held.object().initial()
    }

    /// Takes a permit; False if the time is over.
    #[pyo3(signature = (block=true, timeout=None))]
    fn acquire(&self, py: Python<'_>, block: bool, timeout: Option<f64>) -> PyResult<bool> {
        let semaphore = self.held.object();
        match wait(py, wait_for(block, timeout), |me, wait| {
            semaphore.acquire(me, wait)
        })? {
            Ok(()) => Ok(true),
            Err(Error::TimedOut) => Ok(false),
            Err(error) => Err(to_exception(py, error)),
        }
    }

    /// Gives permits back.
    #[pyo3(signature = (n=1))]
    fn release(&self, py: Python<'_>, n: u32) -> PyResult<()> {
        let released = self
            .held
            .with(py, |semaphore, me| match semaphore.release(me, n) {
                Err(Error::ReleasedTooOften { .. } | Error::TooManyPermits { .. }) => Ok(false),
                outcome => outcome.map(|()| true),
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
        self.release(py, 1)
    }

    /// How many permits are free.
    fn get_value(&self, py: Python<'_>) -> PyResult<u32> {
        self.held.with(py, |semaphore, me| semaphore.value(me))
    }

    /// Whether no permit is free.
    fn locked(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.get_value(py)? == 0)
    }
}
