//! Iterating over lists.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;

use super::list::List;
use crate::cluster::calling::ask;
use crate::cluster::value::from_bytes;

/// Values that are fetched at a time.
const PAGE: i64 = 256;

/// Reads one value after the other, also those that are added meanwhile.
#[pyclass(frozen, module = "procession._native")]
pub(crate) struct ListIterator {
    list: Py<List>,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    fetched: VecDeque<Vec<u8>>,
    /// The place behind those; `None` when the end was met.
    next: Option<i64>,
}

impl ListIterator {
    pub(super) fn new(list: Py<List>) -> ListIterator {
        let progress = Progress {
            fetched: VecDeque::new(),
            next: Some(0),
        };
        ListIterator {
            list,
            progress: Mutex::new(progress),
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, py: Python<'_>) -> PyResult<Option<Vec<u8>>> {
        let place = {
            let mut progress = self.progress();
            match (progress.fetched.pop_front(), progress.next) {
                (Some(value), _) => return Ok(Some(value)),
                (None, None) => return Ok(None),
                (None, Some(place)) => place,
            }
        };
        // Not under the lock, which is not the interpreter's to wait for.
        let list = &self.list.get().list;
        let page = ask(py, || {
            list.snapshot_of(Some(place), Some(place + PAGE))?.entries()
        })?;
        let mut page: VecDeque<_> = page.into_iter().map(|entry| entry.value).collect();
        let mut progress = self.progress();
        let first = page.pop_front();
        progress.next = first.as_ref().map(|_| place + 1 + page.len() as i64);
        progress.fetched = page;
        Ok(first)
    }
}

#[pymethods]
impl ListIterator {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let value = self.take(py)?;
        value
            .map(|value| from_bytes(py, value, self.list.get().server()))
            .transpose()
    }
}
