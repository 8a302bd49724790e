//! What the workers of a pool have done.

use std::time::Duration;

use procession_arena::sys::clock;
use procession_arena::sys::process::peak_memory;

use super::seat::{Seat, Worker};
use super::state::State;

/// What one seat's workers have done, the present one and those before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerStatistics {
    /// The present worker's name; empty while there is none.
    pub name: String,
    /// The present worker's number in the system.
    pub pid: Option<u32>,
    /// How many workers had the seat so far, the present one included.
    pub workers: u64,
    /// Tasks that they have carried out, whether or not they succeeded.
    pub tasks: u64,
    /// The time that they spent on them.
    pub busy: Duration,
    /// The time that they were ready and had nothing to do.
    pub idle: Duration,
    /// The time from the start of the present worker until it was ready, initializer included.
    pub start_up: Option<Duration>,
    /// The most memory that the present worker has had at a time, in bytes, its share of the session's included.
    pub peak_memory: Option<u64>,
}

/// What workers have done.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    pub(super) workers: u64,
    pub(super) tasks: u64,
    /// Nanoseconds.
    pub(super) busy: u64,
    /// Nanoseconds in which it was ready, or working.
    pub(super) present: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: Tally) {
        self.workers += other.workers;
        self.tasks += other.tasks;
        self.busy += other.busy;
        self.present += other.present;
    }
}

impl State {
    pub(super) fn statistics(&self) -> Vec<WorkerStatistics> {
        self.seats.iter().map(Seat::statistics).collect()
    }
}

impl Seat {
    fn statistics(&self) -> WorkerStatistics {
        let mut tally = self.former;
        if let Some(worker) = &self.worker {
            tally.add(worker.final_tally());
        }
        let worker = self.worker.as_ref();
        WorkerStatistics {
            name: worker
                .map(|worker| worker.child.name().to_owned())
                .unwrap_or_default(),
            pid: worker.map(|worker| worker.child.pid()),
            workers: tally.workers,
            tasks: tally.tasks,
            busy: Duration::from_nanos(tally.busy),
            idle: Duration::from_nanos(tally.present.saturating_sub(tally.busy)),
            start_up: worker.and_then(|worker| {
                let ready = worker.ready?;
                Some(Duration::from_nanos(ready.saturating_sub(worker.started)))
            }),
            peak_memory: worker.and_then(|worker| peak_memory(worker.child.pid())),
        }
    }
}

impl Worker {
    /// What it has done until now.
    pub(super) fn final_tally(&self) -> Tally {
        Tally {
            present: self
                .ready
                .map_or(0, |ready| clock::now().saturating_sub(ready)),
            ..self.tally
        }
    }
}
