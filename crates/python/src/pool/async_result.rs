//! Results that are not there yet.

use std::sync::Arc;
use std::task::{Context, Poll};

use procession_cluster::Cluster;
use procession_engine::PoolError;
use procession_engine::pool::{Job, Outcome};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use super::error::to_exception;
use super::failures::Failures;
use super::settlement::{self, Settlement, Shape};
use super::slices::{deadline, wait_in_slices};
use super::waker::calling;

/// What the callback of a job and its result have in common.
pub(super) struct Ending {
    pub(super) failures: Failures,
    pub(super) settlement: Settlement,
}

impl Ending {
    pub(super) fn new(server: Option<&Cluster>) -> Ending {
        Ending {
            failures: Failures::new(server),
            settlement: Settlement::default(),
        }
    }
}

/// The result of a task that was submitted to a pool.
///
/// It can be awaited in asyncio.
#[pyclass(
    name = "ApplyResult",
    subclass,
    frozen,
    weakref,
    module = "procession.pool"
)]
pub(crate) struct AsyncResult {
    job: Job,
    shape: Shape,
    ending: Arc<Ending>,
}

impl AsyncResult {
    pub(super) fn new(job: Job, shape: Shape, ending: Arc<Ending>) -> AsyncResult {
        AsyncResult { job, shape, ending }
    }

    fn wait_for(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let done = wait_in_slices(py, deadline(timeout), |until| match self.job.wait(until) {
            Ok(true) => Some(Ok(())),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        })?;
        match done {
            Some(Ok(())) => Ok(true),
            Some(Err(error)) => Err(to_exception(py, &error)),
            None => Ok(false),
        }
    }

    /// The value of a job that is done.
    pub(super) fn value<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(value) = self.ending.settlement.get(py) {
            return value;
        }
        let value = match self.outcomes() {
            Ok(outcomes) => settlement::read(py, self.shape, &self.ending.failures, &outcomes),
            Err(error) => Err(to_exception(py, &error)),
        };
        self.ending.settlement.settle(py, value);
        let value = self.ending.settlement.get(py);
        value.unwrap_or_else(|| Err(to_exception(py, &PoolError::NotReady)))
    }

    fn outcomes(&self) -> Result<Vec<Outcome>, PoolError> {
        (0..self.job.submitted())
            .map(|index| self.job.outcome(index))
            .collect()
    }
}

#[pymethods]
impl AsyncResult {
    /// The value that the task returns, waited for; raises what the task raises, or TimeoutError.
    #[pyo3(signature = (timeout=None))]
    pub(super) fn get<'py>(
        &self,
        py: Python<'py>,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.wait_for(py, timeout)? {
            true => self.value(py),
            false => Err(too_early(py)),
        }
    }

    /// Waits until the result is there, or the time is over.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<()> {
        self.wait_for(py, timeout).map(drop)
    }

    /// Whether the task has ended.
    fn ready(&self, py: Python<'_>) -> PyResult<bool> {
        py.detach(|| self.job.is_ready())
            .map_err(|error| to_exception(py, &error))
    }

    /// Whether the task has ended without raising anything; ValueError if it has not ended.
    fn successful(slf: &Bound<'_, Self>) -> PyResult<bool> {
        let py = slf.py();
        match slf.get().ready(py)? {
            true => Ok(slf.get().value(py).is_ok()),
            false => Err(PyValueError::new_err(format!("{} not ready", slf.repr()?))),
        }
    }

    /// Ends the task, if it has not ended: one that runs is killed with its worker, unless `running` is False. False if there
    /// was nothing to end.
    #[pyo3(signature = (running=true))]
    fn cancel(&self, py: Python<'_>, running: bool) -> PyResult<bool> {
        py.detach(|| match running {
            true => self.job.cancel(),
            false => self.job.cancel_waiting(),
        })
        .map(|ended| ended > 0)
        .map_err(|error| to_exception(py, &error))
    }

    /// Has `call` called when the result is there, by any thread; True if it is there already.
    fn _call_when_ready(&self, py: Python<'_>, call: Py<PyAny>) -> PyResult<bool> {
        let waker = calling(call);
        let polled = py.detach(|| self.job.poll_ready(&Context::from_waker(&waker)));
        match polled {
            Poll::Pending => Ok(false),
            Poll::Ready(Ok(())) => Ok(true),
            Poll::Ready(Err(error)) => Err(to_exception(py, &error)),
        }
    }

    /// How many messages with tasks have been answered, and how many there are.
    fn _progress(&self) -> (usize, usize) {
        (self.job.resolved(), self.job.submitted())
    }

    fn __await__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        static AWAITED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let awaited = AWAITED.import(slf.py(), "procession.awaiting", "result_of")?;
        awaited.call1((slf,))?.call_method0("__await__")
    }

    #[classmethod]
    fn __class_getitem__<'py>(
        class: &Bound<'py, PyType>,
        item: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        static ALIAS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        ALIAS
            .import(class.py(), "types", "GenericAlias")?
            .call1((class, item))
    }
}

/// The time that the caller allowed is over.
pub(super) fn too_early(py: Python<'_>) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    match CLASS.import(py, "multiprocessing", "TimeoutError") {
        Ok(class) => PyErr::from_type(class.clone(), ()),
        Err(error) => error,
    }
}

/// The results of many tasks that were submitted together.
#[pyclass(extends = AsyncResult, subclass, frozen, module = "procession.pool")]
pub(crate) struct MapResult;
