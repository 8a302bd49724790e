//! The results of `imap`, one after the other.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use procession_engine::PoolError;
use procession_engine::pool::Outcome;
use pyo3::exceptions::PyStopIteration;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::async_result::too_early;
use super::error::to_exception;
use super::feed::Course;
use super::slices::{deadline, wait_in_slices};

/// Results in the order of their tasks.
#[pyclass(subclass, frozen, weakref, module = "procession.pool")]
pub(crate) struct IMapIterator {
    course: Arc<Course>,
    /// Each task has a list of results.
    is_chunked: bool,
    chunk: Mutex<Option<(Py<PyList>, usize)>>,
}

impl IMapIterator {
    pub(super) fn new(course: Arc<Course>, is_chunked: bool) -> IMapIterator {
        IMapIterator {
            course,
            is_chunked,
            chunk: Mutex::default(),
        }
    }

    /// The next result; `None` if there are no more.
    fn advance<'py>(
        &self,
        py: Python<'py>,
        deadline: Option<Instant>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        loop {
            if let Some(result) = self.next_of_chunk(py)? {
                return Ok(Some(result));
            }
            let Some((index, outcome)) = self.next_outcome(py, deadline)? else {
                return Ok(None);
            };
            if let Some(room) = &self.course.room {
                room.call_method0(py, "release")?;
            }
            let result = self.course.failures.read(py, index, &outcome)?;
            if !self.is_chunked {
                return Ok(Some(result));
            }
            let chunk = (result.cast_into::<PyList>()?.unbind(), 0);
            let former = self
                .chunk
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .replace(chunk);
            drop(former);
        }
    }

    fn next_of_chunk<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        if !self.is_chunked {
            return Ok(None);
        }
        let mut chunk = self.chunk.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((results, place)) = chunk.as_mut() else {
            return Ok(None);
        };
        if *place < results.bind(py).len() {
            *place += 1;
            return results.bind(py).get_item(*place - 1).map(Some);
        }
        let done = chunk.take();
        drop(chunk);
        drop(done);
        Ok(None)
    }

    fn next_outcome(
        &self,
        py: Python<'_>,
        deadline: Option<Instant>,
    ) -> PyResult<Option<(usize, Outcome)>> {
        if let Some(next) = self.course.job.take_next() {
            return Ok(next);
        }
        let next = wait_in_slices(py, deadline, |until| match self.course.job.next(until) {
            Err(PoolError::NotReady) => None,
            next => Some(next),
        })?;
        match next {
            Some(next) => next.map_err(|error| to_exception(py, &error)),
            None => Err(too_early(py)),
        }
    }
}

#[pymethods]
impl IMapIterator {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.advance(py, None)
    }

    /// The next result, waited for at most so many seconds; raises TimeoutError after that.
    #[pyo3(signature = (timeout=None))]
    fn next<'py>(&self, py: Python<'py>, timeout: Option<f64>) -> PyResult<Bound<'py, PyAny>> {
        let next = self.advance(py, deadline(timeout))?;
        next.ok_or_else(|| PyStopIteration::new_err(()))
    }

    /// Ends all tasks that have not ended; says how many there were.
    fn cancel(&self, py: Python<'_>) -> PyResult<usize> {
        py.detach(|| self.course.job.cancel())
            .map_err(|error| to_exception(py, &error))
    }
}

impl Drop for IMapIterator {
    fn drop(&mut self) {
        let Some(room) = &self.course.room else {
            return;
        };
        self.course.is_abandoned.store(true, Ordering::Release);
        // Without it the thread that reads waits on; at the interpreter's exit that is all the same.
        Python::try_attach(|py| room.call_method0(py, "release").map(drop));
    }
}

/// Results as they come.
#[pyclass(extends = IMapIterator, subclass, frozen, module = "procession.pool")]
pub(crate) struct IMapUnorderedIterator;
