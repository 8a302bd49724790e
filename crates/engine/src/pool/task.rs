//! One task, from its submission to its outcome.

use std::collections::VecDeque;
use std::sync::Arc;

use super::error::PoolError;
use super::held::Held;
use super::job::{JobState, Outcome};
use super::output::TaskOutput;
use super::wire::Order;

/// A task that has no outcome yet. There is one of it, wherever it is: that is why a task ends once.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) job: Arc<JobState>,
    /// Which of the job's tasks it is.
    pub(super) index: usize,
    /// The arguments, and while the task is in an inbox, its order.
    pub(super) bytes: Vec<u8>,
    /// The shared objects in the arguments.
    pub(super) held: Held,
    pub(super) retries: u32,
}

/// A task in an inbox, or taken from it.
#[derive(Debug)]
pub(super) struct Assigned {
    pub(super) number: u64,
    pub(super) task: Task,
}

/// The tasks of a worker, in the order in which it takes them.
pub(super) type Assignments = VecDeque<Assigned>;

impl Task {
    /// Completes the message with which the task goes into an inbox.
    pub(super) fn address(mut self, number: u64) -> Assigned {
        let work = self.job.work;
        Order { number, work }.append(&mut self.bytes);
        Assigned { number, task: self }
    }

    /// Ends the task, which has written this.
    pub(super) fn resolve(self, outcome: Outcome, output: Option<TaskOutput>) -> Resolved {
        Resolved {
            job: self.job,
            index: self.index,
            outcome,
            output,
        }
    }

    pub(super) fn fail(self, error: PoolError) -> Resolved {
        self.resolve(Err(error), None)
    }
}

impl Assigned {
    /// The task as it was before it went into an inbox.
    pub(super) fn take_back(mut self) -> Assigned {
        let length = self.task.bytes.len().saturating_sub(Order::SIZE);
        self.task.bytes.truncate(length);
        self
    }

    pub(super) fn into_task(self) -> Task {
        self.take_back().task
    }
}

/// A task's end, to be told to its job.
#[derive(Debug)]
#[must_use]
pub(super) struct Resolved {
    pub(super) job: Arc<JobState>,
    pub(super) index: usize,
    pub(super) outcome: Outcome,
    pub(super) output: Option<TaskOutput>,
}
