//! What becomes of a worker's tasks when it has ended: the table in `README.md`.

use std::task::Waker;
use std::time::Duration;

use procession_arena::Participant;
use procession_arena::sys::clock;
use procession_arena::sys::process::OUT_OF_MEMORY;

use super::desk::Mark;
use super::error::PoolError;
use super::seat::{Ended, Worker};
use super::state::{Phase, State};
use super::task::Task;
use crate::launch::ProcessError;

/// Failed starts in a row after which a pool without workers gives up.
const MOST_FAILED_STARTS: u32 = 3;
/// The same for workers that were killed from outside, which says little about the program.
const MOST_KILLED_STARTS: u32 = 100;
/// How long the next start waits after the first failed one; twice as long after the second, and so on.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// But never longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

const SIGKILL: i32 = 9;

impl State {
    /// Frees the seat of a worker that has ended, all of whose reports have been read.
    pub(super) fn settle(&mut self, me: &Participant, ended: Ended, wakers: &mut Vec<Waker>) {
        if self.worker(ended.seat, ended.worker).is_none() {
            return;
        }
        let Some(seat) = self.seats.get_mut(ended.seat) else {
            return;
        };
        let Some(mut worker) = seat.worker.take() else {
            return;
        };
        seat.former.add(worker.final_tally());
        let mark = worker.paths.desk.mark(me);
        let assigned = std::mem::take(&mut worker.assigned);
        if worker.ready.is_none() && !worker.is_doomed && !self.is_finished() {
            self.note_failed_start(&worker, ended.cause.as_ref());
        }
        let mut unbegun = Vec::new();
        for assigned in assigned {
            let number = assigned.number;
            let task = assigned.take_back();
            match &mark {
                Ok(mark) if mark.number < number => unbegun.push(task),
                Ok(mark) => self.lose(
                    task,
                    &worker,
                    &ended,
                    mark.number > number || mark.is_idle(),
                    wakers,
                ),
                Err(_) => self.lose(task, &worker, &ended, false, wakers),
            }
        }
        self.put_back(unbegun);
        self.give_up_if_hopeless(wakers);
        self.supervisor_is_wanted = true;
        self.wake_followers(|interest| matches!(interest, super::waiting::Interest::Pool));
    }

    /// A task was lost with its worker: it is run again, or fails.
    fn lose(
        &mut self,
        mut task: Task,
        worker: &Worker,
        ended: &Ended,
        finished: bool,
        wakers: &mut Vec<Waker>,
    ) {
        if task.retries > 0 && !self.is_over() {
            task.retries -= 1;
            self.pending.put_back(task);
            return;
        }
        let error = self.why_lost(worker, ended, finished);
        self.tell([task.fail(error)], wakers);
    }

    fn why_lost(&self, worker: &Worker, ended: &Ended, finished: bool) -> PoolError {
        let (name, pid) = (worker.child.name().to_owned(), worker.child.pid());
        match (&ended.cause, self.config.command.memory_limit) {
            (Some(ProcessError::Signaled { signal, .. }), Some(limit))
                if *signal == OUT_OF_MEMORY =>
            {
                PoolError::MemoryLimit {
                    worker: name,
                    pid,
                    limit,
                }
            }
            (cause, _) => PoolError::WorkerLost {
                worker: name,
                pid,
                cause: Box::new(cause.clone().unwrap_or(ProcessError::Exited { code: 0 })),
                finished,
            },
        }
    }

    fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over(_))
    }

    fn note_failed_start(&mut self, worker: &Worker, cause: Option<&ProcessError>) {
        let reason = match (&worker.unprepared, cause) {
            (Some(reason), _) => format!("the initializer failed: {reason}"),
            (None, Some(cause)) => cause.to_string(),
            (None, None) => "the worker ended before it was ready".to_owned(),
        };
        let was_killed = matches!(
            cause,
            Some(ProcessError::Signaled {
                signal: SIGKILL,
                ..
            })
        );
        self.start_failed(reason, was_killed);
    }

    /// A worker was to be started, and is not there.
    pub(super) fn start_failed(&mut self, reason: String, was_killed: bool) {
        tracing::warn!(reason, "a worker of a pool could not be started");
        let failed = &mut self.failed_starts;
        match was_killed {
            true => failed.killed += 1,
            false => failed.by_themselves += 1,
        }
        let doublings = (failed.by_themselves + failed.killed / 8).min(16);
        let pause = (FIRST_PAUSE * (1 << doublings) / 2).min(LONGEST_PAUSE);
        failed.not_before = clock::now().saturating_add(pause.as_nanos() as u64);
        failed.reason = reason;
    }

    /// Fails everything if no worker is left and none can be started.
    pub(super) fn give_up_if_hopeless(&mut self, wakers: &mut Vec<Waker>) {
        let failed = &self.failed_starts;
        let is_hopeless =
            failed.by_themselves >= MOST_FAILED_STARTS || failed.killed >= MOST_KILLED_STARTS;
        if is_hopeless && !self.is_over() && self.workers().all(|worker| worker.ready.is_none()) {
            let reason = PoolError::Broken {
                attempts: failed.by_themselves + failed.killed,
                reason: failed.reason.clone(),
            };
            self.end(&reason, wakers);
        }
    }
}

impl Mark {
    fn is_idle(self) -> bool {
        self.activity == super::desk::Activity::Idle
    }
}
