//! Semaphores, bounded or not.

use procession_cluster as core;
use procession_cluster::SyncError;
use procession_cluster::semaphore::Semaphore as Core;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::to_exception;
use crate::cluster::calling::{ask, call};
use crate::cluster::connection::Cluster;
use crate::cluster::object::{Object, OnServer};
use crate::synchronize::{RELEASED_TOO_OFTEN, permit_rule};
use crate::waiting::wait_for;

impl OnServer for Core {
    fn object(&self) -> &core::Object {
        Core::object(self)
    }
}

/// A semaphore on a server.
#[pyclass(
    name = "ClusterSemaphore",
    extends = Object,
    subclass,
    frozen,
    module = "procession._native"
)]
pub(crate) struct Semaphore {
    semaphore: Core,
}

#[pymethods]
impl Semaphore {
    /// Makes a semaphore, or takes hold of the one of that name; with `attach`, of one that somebody has made.
    ///
    /// `rule`: a "plain" one can be released without end, a "bounded" one only up to `value`; permits of an "attributed" one are given back by whoever took
    /// them.
    #[new]
    #[pyo3(signature = (cluster, name=None, attach=false, value=1, rule="plain"))]
    fn new(
        py: Python<'_>,
        cluster: &Cluster,
        name: Option<&str>,
        attach: bool,
        value: u32,
        rule: &str,
    ) -> PyResult<PyClassInitializer<Semaphore>> {
        let rule = permit_rule(rule)?;
        let semaphore = ask(py, || match (name, attach) {
            (Some(name), true) => Core::attach(&cluster.0, name),
            _ => Core::create(&cluster.0, name, value, rule),
        })?;
        let handle = semaphore.clone();
        Ok(Object::base_of(Semaphore { semaphore }, handle))
    }

    /// With how many permits it was created.
    #[getter]
    fn initial(&self) -> u32 {
        self.semaphore.initial()
    }

    /// Takes a permit; False if the time is over.
    #[pyo3(signature = (block=true, timeout=None))]
    fn acquire(&self, py: Python<'_>, block: bool, timeout: Option<f64>) -> PyResult<bool> {
        let until = wait_for(block, timeout);
        match call(py, || self.semaphore.acquire_loose(until))? {
            Ok(()) => Ok(true),
            Err(SyncError::TimedOut) => Ok(false),
            Err(error) => Err(to_exception(py, error)),
        }
    }

    /// Gives permits back.
    #[pyo3(signature = (n=1))]
    fn release(&self, py: Python<'_>, n: u32) -> PyResult<()> {
        match call(py, || self.semaphore.release(n))? {
            Err(SyncError::ReleasedTooOften { .. } | SyncError::TooManyPermits) => {
                Err(PyValueError::new_err(RELEASED_TOO_OFTEN))
            }
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
        self.release(py, 1)
    }

    /// How many permits are free.
    fn get_value(&self, py: Python<'_>) -> PyResult<u32> {
        ask(py, || self.semaphore.value())
    }

    /// Whether no permit is free.
    fn locked(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.get_value(py)? == 0)
    }
}
