//! The seam to whoever has a pool's tasks carried out elsewhere. See "Carried pools" in `README.md`.

use std::borrow::Cow;
use std::fmt;
use std::fmt::Debug;
use std::mem;
use std::sync::{Arc, Weak};

use super::config::TaskOptions;
use super::error::PoolError;
use super::output::TaskOutput;
use super::shared::Shared;
use super::work::WorkName;

/// Tasks that are settled under one hold of the pool's lock; more of them keep it longer.
const AT_ONCE: usize = 64;

/// Carries a pool's tasks to workers that are not the pool's own processes.
///
/// Each task that it was given it must [settle](Settler::settle) one day, unless it is cancelled or the pool ends: with what
/// its workers made of it, or with an error if it cannot be had any more. Nobody else would tell those who wait.
///
/// No lock of the pool's is held during the calls. They come one after another, [`withdraw`](Self::withdraw) excepted. None but that one
/// may wait for the other side: the caller may be any thread that has to do with the pool, also one that holds the lock of an
/// interpreter. And while a carrier settles it holds no lock that these calls take, since settling may call wakers, which wait for
/// such a lock.
///
/// It is dropped by whichever thread lets go of it last, which may be one of its own.
pub trait CarryTasks: Debug + Send + Sync {
    /// Takes these tasks over. Their numbers are higher than those of all before.
    ///
    /// The time limit and the retries of their options are for the other side to keep, and the priority for it to heed: the
    /// pool does not know when a task is begun.
    fn carry(&self, tasks: Vec<Carried>);

    /// Has these tasks ended, also those that run: their outcome has been told, and what comes of them will be ignored.
    ///
    /// Some may have been settled meanwhile.
    fn cancel(&self, numbers: &[u64]);

    /// Takes back those of these tasks that no worker has begun, and says which they are; it must not settle them any more. All
    /// others, and those that it does not know, go on as before.
    ///
    /// May ask the other side and wait for its answer, but not for ever: what it did not hear about goes on. May be
    /// called while other calls are under way, and after [`end`](Self::end).
    fn withdraw(&self, numbers: &[u64]) -> Vec<u64>;

    /// Is the last to be called: the pool was closed and all its tasks are settled, or it has ended before and those that were
    /// left have been cancelled.
    fn end(&self);
}

/// A task on its way to a worker elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Carried {
    /// By which the carrier settles it. No other task of the pool ever has it.
    pub number: u64,
    /// What is to be done.
    pub work: WorkName,
    /// What that is called, for those who look at the task on its way.
    pub label: Cow<'static, str>,
    /// With which encoded arguments. No handles are among them.
    pub bytes: Vec<u8>,
    /// How.
    pub options: TaskOptions,
}

/// How a carried task has ended.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The task's number.
    pub number: u64,
    /// The encoded result, or why there is none.
    pub result: Result<Vec<u8>, PoolError>,
    /// What the task has written, if that was captured.
    pub output: Option<TaskOutput>,
}

/// Through which a carrier tells its pool what came of the tasks.
///
/// It does not keep the pool alive: once that is gone, nothing is told to anybody. All threads may use it, also from within
/// the calls of [`CarryTasks`].
#[derive(Clone)]
pub struct Settler {
    pool: Weak<Shared>,
}

impl Settler {
    pub(super) fn new(pool: Weak<Shared>) -> Settler {
        Settler { pool }
    }

    /// Tells how a task has ended. False, and nothing happens, if it has no need to be told: it has ended before, was
    /// cancelled, or never was.
    ///
    /// Wakers that were registered for the task's job are called before this returns.
    pub fn settle(&self, number: u64, result: Result<Vec<u8>, PoolError>) -> bool {
        let settled = Settled {
            number,
            result,
            output: None,
        };
        self.settle_many([settled]) == 1
    }

    /// Tells how several tasks have ended, which costs less than one after the other. Says of how many that was news.
    pub fn settle_many(&self, settled: impl IntoIterator<Item = Settled>) -> usize {
        let Some(pool) = self.pool() else {
            return 0;
        };
        let mut settled = settled.into_iter();
        let mut told = 0;
        loop {
            // The iterator is the carrier's code, and not run under the lock.
            let portion: Vec<Settled> = settled.by_ref().take(AT_ONCE).collect();
            if portion.is_empty() {
                return told;
            }
            told += pool.change(|state, wakers| state.settle_carried(portion, wakers));
        }
    }

    /// Tells how many workers there are now, by which windows and portions are measured.
    pub fn set_workers(&self, workers: usize) {
        if let Some(pool) = self.pool() {
            pool.change(|state, _| state.set_carried_workers(workers));
        }
    }

    /// Ends the pool, since nothing can be carried any more: `reason` is what its tasks fail with, and what is submitted later.
    pub fn give_up(&self, reason: &PoolError) {
        if let Some(pool) = self.pool() {
            pool.end(reason);
        }
    }

    fn pool(&self) -> Option<Arc<Shared>> {
        let pool = self.pool.upgrade()?;
        if pool.check_owner().is_err() {
            // What the threads of the original were just changing is in no state to be dropped.
            mem::forget(pool);
            return None;
        }
        Some(pool)
    }
}

impl fmt::Debug for Settler {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Settler").finish_non_exhaustive()
    }
}
