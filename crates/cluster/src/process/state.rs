//! What is known of a process that a host runs.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use procession_arena::sys::fork_epoch;
use procession_engine::pool::Outcome;
use procession_engine::{PoolError, ProcessError};

use super::ending::Ending;
use super::request::Begun;
use super::{Signal, told};

/// Called when the process has ended.
type Watcher = Box<dyn FnOnce() + Send>;

/// What is known of a process that a host runs, or is to run.
pub(super) struct State {
    pub(super) id: String,
    pub(super) name: String,
    /// A forked copy has none of the threads that bring news.
    made_in: u64,
    progress: Mutex<Progress>,
    changed: Condvar,
}

#[derive(Default)]
struct Progress {
    place: Option<(String, u32)>,
    /// It was not to be begun any more, but counts as ended by this signal.
    signal: Option<Signal>,
    ended: Option<Result<Arc<Ending>, PoolError>>,
    watchers: Vec<Watcher>,
}

impl State {
    pub(super) fn new(id: &str, name: &str) -> State {
        State {
            id: id.to_owned(),
            name: name.to_owned(),
            made_in: fork_epoch(),
            progress: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn check_ownership(&self) -> Result<(), ProcessError> {
        match self.made_in == fork_epoch() {
            true => Ok(()),
            false => Err(ProcessError::NotOwnChild),
        }
    }

    pub(super) fn note_begun(&self, begun: Begun) {
        self.lock().place = Some((begun.host, begun.pid));
        self.changed.notify_all();
    }

    pub(super) fn note_signal(&self, signal: Signal) {
        self.lock().signal = Some(signal);
    }

    /// Notes what came of the task that starts it.
    pub(super) fn note_outcome(&self, outcome: Option<&Outcome>) {
        let mut progress = self.lock();
        progress.ended = Some(match (outcome, progress.signal) {
            (Some(Ok(produced)), _) => Ending::decode(produced.bytes()).map(Arc::new),
            (Some(Err(PoolError::Cancelled)), Some(signal)) => {
                Ok(Arc::new(Ending::never_begun(signal.number())))
            }
            (Some(Err(error)), _) => Err(error.clone()),
            (None, _) => Err(PoolError::NotReady),
        });
        let watchers = std::mem::take(&mut progress.watchers);
        drop(progress);
        self.changed.notify_all();
        watchers.into_iter().for_each(|watcher| watcher());
    }

    pub(super) fn watch(&self, watcher: Watcher) {
        let mut progress = self.lock();
        if progress.ended.is_none() {
            return progress.watchers.push(watcher);
        }
        drop(progress);
        watcher();
    }

    pub(super) fn place(&self) -> Option<(String, u32)> {
        self.check_ownership().ok()?;
        self.lock().place.clone()
    }

    pub(super) fn wait_until_begun(&self, deadline: Option<Instant>) -> Result<bool, PoolError> {
        self.check_ownership()
            .map_err(|_not_own| PoolError::ForkedCopy)?;
        let known = |progress: &Progress| progress.place.is_some() || progress.ended.is_some();
        let progress = self.wait_for(deadline, known);
        match (&progress.place, &progress.ended) {
            (None, Some(Err(error))) => Err(error.clone()),
            (None, None) => Ok(false),
            _ => Ok(true),
        }
    }

    pub(super) fn wait(&self, deadline: Option<Instant>) -> Result<bool, ProcessError> {
        self.check_ownership()?;
        let progress = self.wait_for(deadline, |progress| progress.ended.is_some());
        Ok(progress.ended.is_some())
    }

    fn wait_for(
        &self,
        deadline: Option<Instant>,
        is_enough: impl Fn(&Progress) -> bool,
    ) -> MutexGuard<'_, Progress> {
        let mut progress = self.lock();
        while !is_enough(&progress) {
            let Some(deadline) = deadline else {
                progress = self
                    .changed
                    .wait(progress)
                    .unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.changed.wait_timeout(progress, left);
            (progress, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        progress
    }

    pub(super) fn ending(&self) -> Result<Arc<Ending>, ProcessError> {
        self.check_ownership()?;
        match &self.lock().ended {
            Some(Ok(ending)) => Ok(Arc::clone(ending)),
            Some(Err(error)) => Err(told(error)),
            None => Err(ProcessError::StillRunning),
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("State")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
