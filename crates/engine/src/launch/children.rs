//! The table of this process's children, and waiting for them.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use procession_arena::Participant;
use procession_arena::sys::readiness::wait_readable;

use super::error::ProcessError;
use super::record::Record;

/// How long a wait goes on before it looks for dead processes that nobody waits for.
const SLICE: Duration = Duration::from_millis(100);

/// The children of this process that have not ended, whether or not anybody has a handle.
#[derive(Debug, Default)]
pub(crate) struct Children {
    records: Mutex<Vec<Arc<Record>>>,
    is_closed: AtomicBool,
}

impl Children {
    fn records(&self) -> MutexGuard<'_, Vec<Arc<Record>>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn insert(&self, record: Arc<Record>) {
        self.records().push(record);
    }

    pub(super) fn snapshot(&self) -> Vec<Arc<Record>> {
        self.records().clone()
    }

    /// From now on no child is started: the process is ending.
    pub(super) fn close(&self) {
        self.is_closed.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Relaxed)
    }

    /// Takes note of every child that has ended, without waiting.
    pub(super) fn collect(&self, me: &Participant) {
        for record in self.snapshot() {
            record.advance(me);
        }
        self.records().retain(|record| !record.has_ended());
    }

    /// Waits until all of `awaited` have ended, or until `deadline`; says whether they have.
    ///
    /// Watches all children, not only the awaited ones: what a dead sibling held may be what an
    /// awaited child waits for. Second exit: the deadline, or none if the caller wants none.
    pub(super) fn wait(
        &self,
        me: &Participant,
        awaited: &[Arc<Record>],
        deadline: Option<Instant>,
    ) -> Result<bool, ProcessError> {
        loop {
            self.collect(me);
            if awaited.iter().all(|record| record.has_ended()) {
                return Ok(true);
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return Ok(false);
            }
            if !self.wait_for_news(left.map_or(SLICE, |left| left.min(SLICE)))? {
                me.reap_dead()?;
            }
        }
    }

    /// Waits until one of the children has something to say; false if none had.
    fn wait_for_news(&self, timeout: Duration) -> Result<bool, ProcessError> {
        let records = self.snapshot();
        let watched: Vec<_> = records.iter().map(|record| record.watched()).collect();
        let descriptors: Vec<BorrowedFd<'_>> = watched
            .iter()
            .flat_map(|watched| watched.descriptors())
            .collect();
        let ready =
            wait_readable(&descriptors, Some(timeout)).map_err(ProcessError::system("poll"))?;
        Ok(ready.contains(&true))
    }
}
