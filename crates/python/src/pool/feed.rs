//! An iterable on its way into a pool.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use procession_engine::PoolError;
use procession_engine::pool::{Item, Job};
use pyo3::prelude::*;
use pyo3::types::{PyIterator, PyTuple};

use super::call::{self, Manner};
use super::error::to_exception;
use super::failures::Failures;
use super::feeding::Flow;
use super::function::Function;
use super::owner::Owner;
use crate::encoding::encode;

/// Tasks that are submitted together, at most.
const MOST_AT_ONCE: usize = 512;
/// How long a task waits at most for others to be submitted together with it.
const PORTION: Duration = Duration::from_micros(200);

/// The tasks that are made of one iterable.
pub(super) struct Course {
    pub(super) job: Job,
    pub(super) failures: Failures,
    pub(super) flow: Flow,
}

/// Reads the iterable and submits what it finds, in the thread that calls it.
#[pyclass(frozen, module = "procession._native")]
pub(super) struct Feed {
    course: Arc<Course>,
    owner: Arc<Owner>,
    function: Arc<Function>,
    /// Items that go into one task; alone, if it is one.
    chunksize: usize,
    /// Tasks that are submitted together, at most. One, if reading the next item may wait for the results of those before.
    at_once: usize,
    /// `None` once it has come to its end.
    items: Mutex<Option<Py<PyIterator>>>,
}

/// What was read.
enum Next<'py> {
    /// For one task; the value is what its function is called with.
    Some(Bound<'py, PyAny>),
    End,
    /// The iterable has raised something.
    Raised(PyErr),
}

impl Feed {
    pub(super) fn new(
        owner: &Arc<Owner>,
        course: &Arc<Course>,
        function: Arc<Function>,
        chunksize: usize,
        items: Bound<'_, PyIterator>,
        never_waits: bool,
    ) -> Feed {
        owner.feeding.begin();
        Feed {
            course: Arc::clone(course),
            owner: Arc::clone(owner),
            function,
            chunksize,
            at_once: if never_waits { MOST_AT_ONCE } else { 1 },
            items: Mutex::new(Some(items.unbind())),
        }
    }

    fn items(&self, py: Python<'_>) -> Option<Py<PyIterator>> {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        items.as_ref().map(|items| items.clone_ref(py))
    }

    /// Submits what there is until the time is over; true if there is no more.
    pub(super) fn run(&self, py: Python<'_>, until: Option<Instant>) -> bool {
        let Some(items) = self.items(py) else {
            return true;
        };
        let items = items.into_bound(py);
        while until.is_none_or(|until| Instant::now() < until) {
            let room = match until {
                Some(_) => self.course.flow.room_now(),
                None => py.detach(|| self.course.flow.room()),
            };
            let is_over = match room {
                Some(0) if until.is_some() => return false,
                Some(0) => false,
                Some(room) => self.submit_portion(&items, room),
                None => true,
            };
            if is_over {
                self.end(py);
                return true;
            }
        }
        false
    }

    /// Submits some tasks; true if there are no more.
    fn submit_portion(&self, items: &Bound<'_, PyIterator>, room: usize) -> bool {
        let py = items.py();
        let begin = Instant::now();
        let mut portion = Vec::new();
        let manner = match self.chunksize {
            1 => Manner::Item,
            _ => Manner::Items,
        };
        let failure = loop {
            let value = match self.next(items) {
                Next::Some(value) => value,
                Next::End => break Some(None),
                Next::Raised(error) => break Some(Some(error)),
            };
            match self.item(manner, &value) {
                Ok(item) => portion.push(item),
                Err(error) => {
                    // In its place among the others.
                    if let Err(refusal) = self.push(py, &mut portion) {
                        break Some(Some(refusal));
                    }
                    self.fail(py, error);
                    break None;
                }
            }
            if portion.len() >= room.min(self.at_once) || begin.elapsed() > PORTION {
                break None;
            }
        };
        let refusal = self.push(py, &mut portion).err();
        match failure {
            Some(Some(error)) => {
                self.fail(py, error);
                true
            }
            Some(None) => true,
            None => match refusal {
                Some(refusal) => {
                    self.fail(py, refusal);
                    true
                }
                None => false,
            },
        }
    }

    fn next<'py>(&self, items: &Bound<'py, PyIterator>) -> Next<'py> {
        let mut items = items.clone();
        if self.chunksize == 1 {
            return match items.next() {
                Some(Ok(item)) => Next::Some(item),
                Some(Err(error)) => Next::Raised(error),
                None => Next::End,
            };
        }
        let py = items.py();
        let chunk = items
            .by_ref()
            .take(self.chunksize)
            .collect::<PyResult<Vec<_>>>();
        match chunk {
            Ok(chunk) if chunk.is_empty() => Next::End,
            Ok(chunk) => match PyTuple::new(py, chunk) {
                Ok(chunk) => Next::Some(chunk.into_any()),
                Err(error) => Next::Raised(error),
            },
            Err(error) => Next::Raised(error),
        }
    }

    fn item(&self, manner: Manner, value: &Bound<'_, PyAny>) -> PyResult<Item> {
        let encoded = encode(value, &self.owner.pickler)?;
        call::item(manner, &self.function, encoded)
            .map_err(|error| to_exception(value.py(), &error))
    }

    fn push(&self, py: Python<'_>, portion: &mut Vec<Item>) -> PyResult<()> {
        let count = portion.len();
        if count == 0 {
            return Ok(());
        }
        self.course.flow.submitted(count);
        let pushed: Result<(), PoolError> =
            py.detach(|| self.course.job.push_many(portion.drain(..)));
        pushed.map_err(|error| to_exception(py, &error))
    }

    fn fail(&self, py: Python<'_>, error: PyErr) {
        self.course.flow.submitted(1);
        self.course.failures.push(py, &self.course.job, error);
    }

    fn end(&self, py: Python<'_>) {
        let items = self
            .items
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if items.is_none() {
            return;
        }
        drop(items);
        py.detach(|| {
            self.course.job.seal();
            self.owner.fed();
        });
    }
}

#[pymethods]
impl Feed {
    /// Reads the iterable to its end.
    fn __call__(&self, py: Python<'_>) {
        self.run(py, None);
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        // Its thread could not be started: the tasks that there are shall be all.
        if self.items.get_mut().is_ok_and(|items| items.is_some()) {
            self.course.job.seal();
            self.owner.fed();
        }
    }
}
