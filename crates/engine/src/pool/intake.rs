//! Reading the workers' reports.

use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::task::Waker;

use procession_arena::sys::clock;
use procession_arena::{Error, Handle, Participant, Wait};
use procession_objects::Message;

use super::error::PoolError;
use super::forwarding::Record;
use super::held::Held;
use super::job::{Outcome, Produced};
use super::output::TaskOutput;
use super::shared::Shared;
use super::state::{EarlyReport, FailedStarts, State};
use super::task::Assigned;
use super::wire::{Report, Subject};
use crate::launch::message::{self, Completion};
use crate::with_participant;

/// Reports that are read before anybody is told; more of them keep the lock longer.
const AT_ONCE: usize = 64;
/// Bytes of a report after which several are read with one step of the queue.
const SMALL: usize = 4096;

/// What a worker copies in a nanosecond, in the order of magnitude.
const BYTES_PER_NANOSECOND: u64 = 4;

/// How much of the difference to a new cost goes into the mean: one part in so many.
const INERTIA: u64 = 8;

impl Shared {
    /// Reads the reports that are there, waiting for the first as `wait` says; and settles what workers that have
    /// ended leave behind. To be called by the leader alone.
    pub(super) fn read_reports(&self, wait: Wait) -> Result<(), PoolError> {
        with_participant(|me| {
            if self.has_ended_workers.swap(false, Ordering::Acquire) {
                return self.settle(me);
            }
            if !self.read_some(me, wait)? && wait != Wait::Never {
                // Nothing happens, and somebody may be stuck in a task with others behind it.
                self.change(|state, wakers| state.look_again(me, wakers));
            }
            Ok(())
        })
    }

    /// What a worker reported before it ended is in the queue by the time its end is known: first that, then the rest.
    fn settle(&self, me: &Participant) -> Result<(), PoolError> {
        let ended = std::mem::take(&mut self.lock().ended);
        while self.read_some(me, Wait::Never)? {}
        self.change(|state, wakers| {
            for worker in ended {
                state.settle(me, worker, wakers);
            }
            state.dispatch(me, wakers);
            state.leader_is_wanted = false;
        });
        Ok(())
    }

    /// Reads some reports; false if there was none.
    fn read_some(&self, me: &Participant, wait: Wait) -> Result<bool, PoolError> {
        let crew = self.crew()?;
        let mut first = Message::default();
        match crew.reports.get(me, &mut first, wait) {
            Ok(()) => {}
            Err(Error::Empty | Error::TimedOut) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
        let mut more = crew
            .more_reports
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        more.clear();
        // A large one may be followed by others like it, which are not to be copied once more.
        if first.bytes.len() <= SMALL {
            match crew.reports.get_many(me, &mut more, AT_ONCE, Wait::Never) {
                Ok(_) | Err(Error::Empty) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.change(|state, wakers| {
            state.take_report(first.bytes, first.handles, wakers);
            for index in 0..more.len() {
                let bytes = more.get(index).unwrap_or_default().to_vec();
                let handles = more.handles(index).unwrap_or_default().to_vec();
                state.take_report(bytes, handles, wakers);
            }
            state.dispatch(me, wakers);
            // It is the leader itself who does this.
            state.leader_is_wanted = false;
        });
        Ok(true)
    }
}

impl State {
    fn take_report(&mut self, mut bytes: Vec<u8>, handles: Vec<Handle>, wakers: &mut Vec<Waker>) {
        let held = Held::received(handles);
        let Some(report) = Report::cut(&mut bytes) else {
            tracing::error!("a report to a pool is unintelligible; shared memory is damaged");
            return;
        };
        match report.subject {
            Subject::Nudge => {}
            Subject::Record => self.records.extend(Record::read(&mut bytes)),
            Subject::Ready => self.welcome(report),
            Subject::Unprepared => {
                let reason = match failure(&bytes) {
                    PoolError::Refused { reason } => reason,
                    error => error.to_string(),
                };
                match self.worker(report.seat.into(), report.worker) {
                    Some(worker) => worker.unprepared = Some(reason),
                    None => self.early_report(report).unprepared = Some(reason),
                }
            }
            Subject::Output => {
                if let Some(worker) = self.worker(report.seat.into(), report.worker) {
                    worker.output = Some(TaskOutput::split(bytes, report.started));
                }
            }
            Subject::Returned => {
                let outcome = Ok(Produced::new(bytes, held).into());
                self.take_outcome(report, outcome, wakers);
            }
            Subject::Failed => self.take_outcome(report, Err(failure(&bytes)), wakers),
        }
    }

    fn welcome(&mut self, report: Report) {
        self.failed_starts = FailedStarts::default();
        let now = clock::now();
        match self.worker(report.seat.into(), report.worker) {
            Some(_) => self.make_ready(report.seat.into(), now),
            None => self.early_report(report).ready = Some(now),
        }
    }

    /// The worker of that seat takes tasks from now on.
    pub(super) fn make_ready(&mut self, seat: usize, now: u64) {
        let place = self.seats.get_mut(seat);
        let Some(worker) = place.and_then(|place| place.worker.as_mut()) else {
            return;
        };
        worker.ready = Some(now);
        // What was written before the first task belongs to none.
        let written = worker.unfinished_output();
        self.written.extend(written);
        self.trace_start(seat);
    }

    /// The worker was faster than the thread that has started it, and that will give it its seat.
    fn early_report(&mut self, report: Report) -> &mut EarlyReport {
        if self.early.worker != report.worker {
            self.early = EarlyReport {
                worker: report.worker,
                ..EarlyReport::default()
            };
        }
        &mut self.early
    }

    /// A task whose outcome was decided otherwise is not known here any more.
    fn take_outcome(&mut self, report: Report, outcome: Outcome, wakers: &mut Vec<Waker>) {
        let Some(worker) = self.worker(report.seat.into(), report.worker) else {
            return;
        };
        worker.tally.tasks += 1;
        worker.tally.busy += report.duration;
        let output = worker.output.take();
        let assigned = worker.take(report.number);
        let pid = worker.child.pid();
        if let Some(Assigned { task, .. }) = assigned {
            self.learn_cost(report.duration, task.bytes.len(), &outcome);
            self.trace_task(&task, pid, report.started, report.duration, &outcome);
            self.tell([task.resolve(outcome, output)], wakers);
        }
    }
}

impl State {
    /// Notes what a task has cost: its own time, and that for its arguments and result to be copied out and in.
    fn learn_cost(&mut self, duration: u64, arguments: usize, outcome: &Outcome) {
        let result = outcome
            .as_ref()
            .map_or(0, |produced| produced.bytes().len());
        let copying = (arguments + result) as u64 / BYTES_PER_NANOSECOND;
        let cost = duration.saturating_add(copying).max(1);
        self.mean = match self.mean {
            0 => cost,
            mean => (mean - mean / INERTIA + cost / INERTIA).max(1),
        };
    }
}

fn failure(bytes: &[u8]) -> PoolError {
    match message::cut::<Completion>(&mut bytes.to_vec()) {
        Some(completion) => completion.into(),
        None => PoolError::Refused {
            reason: "it did not say why".to_owned(),
        },
    }
}
