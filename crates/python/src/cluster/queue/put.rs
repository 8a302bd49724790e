//! Putting.

use std::sync::atomic::Ordering;

use procession_arena::Wait;
use procession_cluster::queue::QueueError;
use pyo3::prelude::*;

use super::Queue;
use super::error::to_exception;
use crate::cluster::calling::call;
use crate::cluster::error::nothing_said;
use crate::cluster::value::{borrowed, to_bytes};

impl Queue {
    pub(super) fn put_one(&self, item: &Bound<'_, PyAny>, until: Wait) -> PyResult<()> {
        let py = item.py();
        let bytes = to_bytes(item, &self.pickler, self.server())?;
        self.was_used.store(true, Ordering::Relaxed);
        call(py, || self.queue.put(&bytes, until))?.map_err(|error| not_put(py, error))
    }

    pub(super) fn put_all(&self, items: &Bound<'_, PyAny>, until: Wait) -> PyResult<usize> {
        let py = items.py();
        let all = items
            .try_iter()?
            .map(|item| to_bytes(&item?, &self.pickler, self.server()))
            .collect::<PyResult<Vec<_>>>()?;
        let all = borrowed(&all);
        let mut done = 0;
        while let Some(rest) = all.get(done..).filter(|rest| !rest.is_empty()) {
            self.was_used.store(true, Ordering::Relaxed);
            // Less than all are put also if something goes wrong in the middle; then the next call meets it first.
            match call(py, || self.queue.put_many(rest, until))? {
                Ok(count) => done += count,
                Err(QueueError::Full | QueueError::TimedOut) if done > 0 => break,
                Err(error) => return Err(not_put(py, error)),
            }
        }
        Ok(done)
    }
}

/// The exception for an item that could not be put.
fn not_put(py: Python<'_>, error: QueueError) -> PyErr {
    match error {
        QueueError::Full | QueueError::TimedOut => nothing_said(py, "queue", "Full"),
        error => to_exception(py, error),
    }
}
