//! An iterable on its way into a pool.
//!
//! The thread that reads it does so in Python, from where it calls this: nothing of Rust is on its stack while code of the user runs,
//! in which the thread may be ended when the interpreter exits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use procession_engine::pool::{Item, Job};
use pyo3::prelude::*;
use pyo3::types::PyIterator;

use super::call::{self, Manner};
use super::error::to_exception;
use super::failures::Failures;
use super::function::Function;
use super::owner::Owner;

/// Tasks that are submitted together, at most.
const AT_ONCE: usize = 512;

/// The tasks that are made of one iterable.
pub(super) struct Course {
    pub(super) job: Job,
    pub(super) failures: Failures,
    /// Released for each result that is taken, if it is limited how many may be under way.
    pub(super) room: Option<Py<PyAny>>,
    /// Nobody will take any more results.
    pub(super) is_abandoned: AtomicBool,
}

/// Submits tasks as they are read. One thread uses it at a time.
#[pyclass(frozen, module = "procession._native")]
pub(super) struct Feed {
    course: Arc<Course>,
    owner: Arc<Owner>,
    function: Arc<Function>,
    manner: Manner,
    /// What is read here, since no code of the user runs in reading it.
    items: Option<Py<PyIterator>>,
    has_ended: Mutex<bool>,
}

impl Feed {
    pub(super) fn new(
        owner: &Arc<Owner>,
        course: &Arc<Course>,
        function: Arc<Function>,
        manner: Manner,
        items: Option<Py<PyIterator>>,
    ) -> Feed {
        owner.feeding.begin();
        Feed {
            course: Arc::clone(course),
            owner: Arc::clone(owner),
            function,
            manner,
            items,
            has_ended: Mutex::new(false),
        }
    }

    fn item(&self, value: &Bound<'_, PyAny>) -> PyResult<Item> {
        let encoded = self.owner.encode(value)?;
        call::item(self.manner, &self.function, encoded)
            .map_err(|error| to_exception(value.py(), &error))
    }

    /// False if the pool takes no more.
    fn push(&self, py: Python<'_>, portion: &mut Vec<Item>) -> bool {
        match self.course.job.push_many(portion.drain(..)) {
            Ok(()) => true,
            Err(refusal) => {
                self.fail(py, to_exception(py, &refusal));
                false
            }
        }
    }

    fn fail(&self, py: Python<'_>, error: PyErr) {
        self.course.failures.push(py, &self.course.job, error);
    }

    fn finish(&self) {
        let mut has_ended = self
            .has_ended
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut *has_ended, true) {
            self.course.job.seal();
            self.owner.fed();
        }
    }
}

#[pymethods]
impl Feed {
    /// Whether the iterable is read here, by `portion`.
    fn reads(&self) -> bool {
        self.items.is_some()
    }

    /// Submits some tasks of the iterable that is read here; False if there are no more.
    pub(super) fn portion(&self, py: Python<'_>) -> bool {
        let Some(items) = &self.items else {
            return false;
        };
        let mut items = items.bind(py).clone();
        let mut portion = Vec::with_capacity(AT_ONCE);
        let mut goes_on = true;
        while goes_on && portion.len() < AT_ONCE {
            let value = match items.next() {
                Some(Ok(value)) => value,
                Some(Err(error)) => {
                    goes_on = self.push(py, &mut portion);
                    if goes_on {
                        self.fail(py, error);
                    }
                    return false;
                }
                None => {
                    self.push(py, &mut portion);
                    return false;
                }
            };
            match self.item(&value) {
                Ok(item) => portion.push(item),
                Err(error) => {
                    // In its place among the others.
                    goes_on = self.push(py, &mut portion);
                    self.fail(py, error);
                }
            }
        }
        goes_on && self.push(py, &mut portion)
    }

    /// Submits one task; False if the pool takes no more.
    fn put(&self, value: &Bound<'_, PyAny>) -> bool {
        let py = value.py();
        match self.item(value) {
            Ok(item) => self.push(py, &mut vec![item]),
            Err(error) => {
                self.fail(py, error);
                true
            }
        }
    }

    /// The iterable has raised something: so does the next result.
    fn raised(&self, error: &Bound<'_, PyAny>) {
        self.fail(error.py(), PyErr::from_value(error.clone()));
    }

    /// Whether nobody will take the results.
    fn is_abandoned(&self) -> bool {
        self.course.is_abandoned.load(Ordering::Acquire)
    }

    /// There are no more tasks.
    pub(super) fn end(&self) {
        self.finish();
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        // Its thread could not be started: the tasks that there are shall be all.
        self.finish();
    }
}
