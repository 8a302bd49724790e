//! What becomes of a worker's tasks when it has ended: the table in `README.md`.

use std::task::Waker;
use std::time::Duration;

use procession_arena::Participant;
use procession_arena::sys::clock;
use procession_arena::sys::process::OUT_OF_MEMORY;
use procession_objects::{Activity, Mark};

use super::error::PoolError;
use super::seat::{Ended, Worker};
use super::state::{Phase, State};
use super::task::{Assigned, Task};
use super::waiting::Interest;
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
        if worker.ready.is_none() && !worker.is_doomed && !self.is_finished() {
            self.note_failed_start(&worker, ended.cause.as_ref());
        }
        let assigned = std::mem::take(&mut worker.assigned);
        let loss = Loss {
            mark: worker.paths.desk.mark(me).ok(),
            started: worker.paths.desk.started(me).unwrap_or(0),
            cause: ended.cause,
            worker,
        };
        let mut unbegun = Vec::new();
        let mut died_fetching = loss.died_fetching();
        for Assigned { number, task } in assigned.into_iter().map(Assigned::take_back) {
            // The one for which there was no memory would cost one worker after another.
            match loss.has_begun(number) || std::mem::take(&mut died_fetching) {
                true => self.lose(task, number, &loss, wakers),
                false => unbegun.push(task),
            }
        }
        self.put_back(unbegun);
        self.give_up_if_hopeless(wakers);
        self.supervisor_is_wanted = true;
        if self.is_empty() {
            // With it the file is complete, which whoever waits for this moment may rely on.
            self.trace = None;
        }
        self.wake_followers(|interest| matches!(interest, Interest::Pool));
    }

    /// A task was lost with its worker: it is run again, or fails.
    fn lose(&mut self, mut task: Task, number: u64, loss: &Loss, wakers: &mut Vec<Waker>) {
        let error = loss.why(number, self.config.command.memory_limit);
        // What needs too much memory would need it again.
        let may_be_run_again = matches!(error, PoolError::WorkerLost { .. }) && !self.is_over();
        if may_be_run_again && task.retries > 0 {
            task.retries -= 1;
            self.pending.put_back(task);
            return;
        }
        let outcome = Err(error);
        let duration = clock::now().saturating_sub(loss.started);
        self.trace_task(
            &task,
            loss.worker.child.pid(),
            loss.started,
            duration,
            &outcome,
        );
        self.tell(
            [task.resolve(outcome, loss.worker.unfinished_output())],
            wakers,
        );
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

/// A worker that has ended, and what its desk says.
struct Loss {
    worker: Worker,
    /// `None` if it cannot be read: then everything counts as begun.
    mark: Option<Mark>,
    started: u64,
    cause: Option<ProcessError>,
}

impl Loss {
    fn has_begun(&self, number: u64) -> bool {
        self.mark.is_none_or(|mark| mark.has_begun(number))
    }

    /// Whether it lacked memory for the arguments of the next task.
    fn died_fetching(&self) -> bool {
        let is_idle = self
            .mark
            .is_some_and(|mark| mark.activity == Activity::Idle);
        is_idle && self.lacked_memory()
    }

    fn lacked_memory(&self) -> bool {
        matches!(&self.cause, Some(ProcessError::Signaled { signal, .. }) if *signal == OUT_OF_MEMORY)
    }

    fn has_finished(&self, number: u64) -> bool {
        self.mark.is_some_and(|mark| mark.has_finished(number))
    }

    fn why(&self, number: u64, memory_limit: Option<u64>) -> PoolError {
        let worker = self.worker.child.name().to_owned();
        let pid = self.worker.child.pid();
        match (&self.cause, memory_limit) {
            (_, Some(limit)) if self.lacked_memory() => {
                PoolError::MemoryLimit { worker, pid, limit }
            }
            (cause, _) => PoolError::WorkerLost {
                worker,
                pid,
                cause: Box::new(cause.clone().unwrap_or(ProcessError::Exited { code: 0 })),
                finished: self.has_finished(number),
            },
        }
    }
}
