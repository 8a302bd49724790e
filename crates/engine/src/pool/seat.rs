//! A place for a worker, and the worker who has it.

use std::collections::VecDeque;
use std::sync::Arc;

use procession_arena::{Error, Participant};
use procession_objects::{Desk, Queue};

use super::output::{Capture, TaskOutput};
use super::process::WorkerProcess;
use super::statistics::Tally;
use super::task::{Assigned, Assignments};
use crate::launch::ProcessError;
use crate::with_participant;

/// A place for a worker. When its worker ends, another gets it.
#[derive(Debug, Default)]
pub(super) struct Seat {
    pub(super) worker: Option<Worker>,
    /// What the workers who had the place before have done.
    pub(super) former: Tally,
}

/// A worker, as its owner knows it.
#[derive(Debug)]
pub(super) struct Worker {
    /// No other worker of the pool ever has it.
    pub(super) number: u32,
    pub(super) child: Arc<dyn WorkerProcess>,
    pub(super) paths: Paths,
    /// What it was given and has not reported.
    pub(super) assigned: Assignments,
    /// When it was started, and when it said that it was ready.
    pub(super) started: u64,
    pub(super) ready: Option<u64>,
    /// Tasks that it may still be given.
    pub(super) allowance: u64,
    /// Its inbox is closed: it ends when that is empty.
    pub(super) is_retiring: bool,
    /// It was stopped for a task that it had.
    pub(super) is_doomed: bool,
    /// Its end has been noticed.
    pub(super) has_ended: bool,
    /// Why it could not be prepared, if it has said so.
    pub(super) unprepared: Option<String>,
    pub(super) tally: Tally,
    pub(super) capture: Option<Capture>,
    /// What the task has written whose outcome is about to come.
    pub(super) output: Option<TaskOutput>,
}

impl Worker {
    /// What the task at which it is has written until now.
    pub(super) fn unfinished_output(&self) -> Option<TaskOutput> {
        let output = self.capture.as_ref()?.take();
        (!output.is_empty()).then_some(output)
    }

    /// Takes the task of that number out of its assignments.
    pub(super) fn take(&mut self, number: u64) -> Option<Assigned> {
        if self
            .assigned
            .front()
            .is_some_and(|first| first.number == number)
        {
            return self.assigned.pop_front();
        }
        let place = self
            .assigned
            .binary_search_by_key(&number, |assigned| assigned.number);
        self.assigned.remove(place.ok()?)
    }

    /// Whether it can be given a task.
    pub(super) fn takes_tasks(&self) -> bool {
        self.ready.is_some() && self.allowance > 0 && !self.is_retiring && !self.is_doomed
    }
}

/// The objects through which a worker is spoken to, held by its owner.
#[derive(Debug)]
pub(super) struct Paths {
    pub(super) inbox: Queue,
    pub(super) desk: Desk,
}

impl Paths {
    pub(super) fn create(me: &Participant) -> Result<Paths, Error> {
        let inbox = Queue::create(me, &Default::default())?;
        match Desk::create(me) {
            Ok(desk) => Ok(Paths { inbox, desk }),
            Err(error) => {
                inbox.detach(me)?;
                Err(error)
            }
        }
    }
}

impl Drop for Paths {
    fn drop(&mut self) {
        let let_go = |me: &Participant| {
            self.inbox.detach(me)?;
            self.desk.detach(me)
        };
        if let Err(error) = with_participant::<_, Error>(let_go) {
            tracing::warn!(%error, "the inbox of a worker could not be let go of");
        }
    }
}

/// A worker that has ended, and whose tasks are to be settled.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) seat: usize,
    pub(super) worker: u32,
    /// How, if it is not by returning.
    pub(super) cause: Option<ProcessError>,
}

/// Workers that have ended, in the order in which it was noticed.
pub(super) type EndedWorkers = VecDeque<Ended>;
