//! All that the owner's threads share, under one lock.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::task::Waker;

use super::config::PoolConfig;
use super::errands::Errands;
use super::error::PoolError;
use super::forwarding::Record;
use super::job::{JobState, Then};
use super::output::TaskOutput;
use super::pending::Pending;
use super::seat::{EndedWorkers, Seat, Worker};
use super::task::{Resolved, Task};
use super::trace::Trace;
use super::waiting::{Follower, Interest};

/// How far the pool has come.
#[derive(Debug)]
pub(super) enum Phase {
    Open,
    /// It takes no more tasks, and ends when those it has are done.
    Closed,
    /// It does nothing more; why.
    Over(PoolError),
}

/// All that the owner's threads share.
#[derive(Debug)]
pub(super) struct State {
    pub(super) config: PoolConfig,
    pub(super) phase: Phase,
    pub(super) seats: Vec<Seat>,
    /// What there is in place of seats, if the tasks are carried elsewhere.
    pub(super) errands: Option<Errands>,
    pub(super) pending: Pending,
    /// Tasks that were submitted and have no outcome.
    pub(super) outstanding: usize,
    /// Jobs whose callbacks are to be called, and how many are under way.
    pub(super) to_call: VecDeque<Arc<JobState>>,
    pub(super) calling: usize,
    pub(super) last_number: u64,
    pub(super) last_worker: u32,
    /// What the worker that is being started has said before it had its seat.
    pub(super) early: EarlyReport,
    /// A worker has nothing to do while another has what seems too little to share.
    pub(super) is_uneven: bool,
    /// What a task costs its worker, on the mean of the last ones; nanoseconds, zero before the first.
    pub(super) mean: u64,

    /// A thread reads the reports.
    pub(super) is_led: bool,
    /// How often one began to.
    pub(super) leads: u64,
    pub(super) followers: Vec<Follower>,
    pub(super) last_ticket: u64,
    /// The leader may be asleep, and there is something to see.
    pub(super) leader_is_wanted: bool,
    /// Somebody wants to be woken or called as soon as there is an outcome.
    pub(super) is_prompt: bool,
    /// The attendant sleeps until it is told to look.
    pub(super) attendant_dozes: bool,
    /// The attendant sleeps, if only for a moment.
    pub(super) attendant_naps: bool,
    /// The attendant is to be told.
    pub(super) attendant_is_wanted: bool,

    pub(super) ended: EndedWorkers,
    /// Workers in a row that ended before they were ready, and why the last one did.
    pub(super) failed_starts: FailedStarts,
    /// The supervisor sleeps at most until then, by the clock of all processes.
    pub(super) supervisor_wakes: u64,
    pub(super) supervisor_is_wanted: bool,

    /// Jobs that nobody holds any more, to be dropped once the lock is released.
    pub(super) told_jobs: Vec<Arc<JobState>>,
    /// Events of workers that are to be emitted here.
    pub(super) records: Vec<Record>,
    /// What workers have written before their first tasks, to be written here.
    pub(super) written: Vec<TaskOutput>,
    pub(super) trace: Option<Trace>,
}

/// What a worker has said before whoever started it came to give it its seat.
#[derive(Debug, Default)]
pub(super) struct EarlyReport {
    pub(super) worker: u32,
    pub(super) ready: Option<u64>,
    pub(super) unprepared: Option<String>,
}

/// Workers in a row that ended before they were ready.
#[derive(Debug, Default)]
pub(super) struct FailedStarts {
    pub(super) by_themselves: u32,
    pub(super) killed: u32,
    pub(super) reason: String,
    /// The next one is started no sooner, by the clock of all processes.
    pub(super) not_before: u64,
}

impl State {
    pub(super) fn new(config: PoolConfig) -> State {
        let seats = (0..config.workers).map(|_| Seat::default()).collect();
        State {
            config,
            phase: Phase::Open,
            seats,
            errands: None,
            pending: Pending::default(),
            outstanding: 0,
            to_call: VecDeque::new(),
            calling: 0,
            last_number: 0,
            last_worker: 0,
            early: EarlyReport::default(),
            is_uneven: false,
            mean: 0,
            is_led: false,
            leads: 0,
            followers: Vec::new(),
            last_ticket: 0,
            leader_is_wanted: false,
            is_prompt: false,
            attendant_dozes: false,
            attendant_naps: false,
            attendant_is_wanted: false,
            ended: EndedWorkers::new(),
            failed_starts: FailedStarts::default(),
            supervisor_wakes: 0,
            supervisor_is_wanted: false,
            told_jobs: Vec::new(),
            records: Vec::new(),
            written: Vec::new(),
            trace: None,
        }
    }

    /// That of a pool whose tasks are carried elsewhere.
    pub(super) fn carried(config: PoolConfig, workers: usize) -> State {
        State {
            errands: Some(Errands::new(workers)),
            // There are no reports, so that nobody is ever to read them: all who wait are followers.
            is_led: true,
            ..State::new(config)
        }
    }

    /// How many workers there are to carry tasks out.
    pub(super) fn worker_count(&self) -> usize {
        match &self.errands {
            Some(errands) => errands.workers,
            None => self.seats.len(),
        }
    }

    pub(super) fn workers(&self) -> impl Iterator<Item = &Worker> {
        self.seats.iter().filter_map(|seat| seat.worker.as_ref())
    }

    pub(super) fn workers_mut(&mut self) -> impl Iterator<Item = &mut Worker> {
        self.seats
            .iter_mut()
            .filter_map(|seat| seat.worker.as_mut())
    }

    pub(super) fn worker(&mut self, seat: usize, number: u32) -> Option<&mut Worker> {
        let worker = self.seats.get_mut(seat)?.worker.as_mut()?;
        (worker.number == number).then_some(worker)
    }

    /// Why no task can be submitted, if so.
    pub(super) fn refusal(&self) -> Option<PoolError> {
        match &self.phase {
            Phase::Open => None,
            Phase::Closed => Some(PoolError::Closed),
            Phase::Over(reason) => Some(reason.clone()),
        }
    }

    /// Nothing is left that the workers are needed for.
    pub(super) fn is_finished(&self) -> bool {
        match self.phase {
            Phase::Open => false,
            Phase::Closed => self.outstanding == 0,
            Phase::Over(_) => true,
        }
    }

    /// The last worker has left a finished pool.
    pub(super) fn is_empty(&self) -> bool {
        self.is_finished() && self.seats.iter().all(|seat| seat.worker.is_none())
    }

    /// The thread of callbacks has something to call, or may end: that of a carried pool learns it from nobody else.
    pub(super) fn caller_is_wanted(&self) -> bool {
        !self.to_call.is_empty() || (self.errands.is_some() && self.is_finished())
    }

    /// There is something to be told to the carrier.
    pub(super) fn has_errands(&self) -> bool {
        self.errands.as_ref().is_some_and(Errands::has_any)
    }

    /// True if the caller is the one to tell the carrier what there is to tell.
    pub(super) fn claims_delivery(&mut self) -> bool {
        self.errands.as_mut().is_some_and(Errands::claim)
    }

    /// Takes a task over.
    pub(super) fn take_over(&mut self, task: Task) {
        // The attendant may have gone to sleep since the job began: the caller's iterator may take its time.
        match task.job.has_callback {
            true => self.be_prompt(),
            false => self.attendant_is_wanted |= task.job.attended,
        }
        self.outstanding += 1;
        self.pending.push(task);
    }

    /// Tells jobs what came of their tasks.
    pub(super) fn tell(
        &mut self,
        resolved: impl IntoIterator<Item = Resolved>,
        wakers: &mut Vec<Waker>,
    ) {
        for Resolved {
            job,
            index,
            outcome,
            output,
        } in resolved
        {
            self.outstanding = self.outstanding.saturating_sub(1);
            let then = job.resolve(index, outcome, output, wakers);
            self.told(&job, then);
            if Arc::strong_count(&job) == 1 {
                self.told_jobs.push(job);
            }
        }
    }

    /// A job knows of an outcome, or of its end: so do those who wait for it.
    pub(super) fn told(&mut self, job: &Arc<JobState>, then: Then) {
        if then == Then::Call {
            self.to_call.push_back(Arc::clone(job));
            // Whoever waits in the thread of callbacks may have to call this one itself.
            self.wake_followers(|_| true);
        }
        self.leader_is_wanted = true;
        self.wake_followers(
            |interest| matches!(interest, Interest::Job(awaited) if Arc::ptr_eq(awaited, job)),
        );
    }

    /// Asks for the attendant: somebody will be woken or called, and does not lead meanwhile.
    pub(super) fn be_prompt(&mut self) {
        self.is_prompt = true;
        self.attendant_is_wanted = true;
    }

    /// Whether the caller is to tell the attendant to look.
    pub(super) fn claims_attendant(&mut self) -> bool {
        if !mem::take(&mut self.attendant_is_wanted) {
            return false;
        }
        // Whoever is to be called does not lead meanwhile: the outcome would lie there for the rest of the nap.
        let is_urgent = self.is_prompt && self.outstanding > 0 && !self.is_led;
        let dozes = mem::take(&mut self.attendant_dozes);
        dozes || (is_urgent && mem::take(&mut self.attendant_naps))
    }
}
