//! Tasks that no worker has been given yet.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::job::JobState;
use super::task::Task;

/// A queue for each priority, the highest first.
#[derive(Debug, Default)]
pub(super) struct Pending {
    by_priority: BTreeMap<Reverse<i32>, VecDeque<Task>>,
    count: usize,
}

impl Pending {
    pub(super) fn len(&self) -> usize {
        self.count
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn queue_of(&mut self, task: &Task) -> &mut VecDeque<Task> {
        self.count += 1;
        let priority = Reverse(task.job.options.priority);
        self.by_priority.entry(priority).or_default()
    }

    pub(super) fn push(&mut self, task: Task) {
        self.queue_of(&task).push_back(task);
    }

    /// Puts a task before all others of its priority: it was first before.
    pub(super) fn put_back(&mut self, task: Task) {
        self.queue_of(&task).push_front(task);
    }

    pub(super) fn pop(&mut self) -> Option<Task> {
        let task = self
            .by_priority
            .values_mut()
            .find_map(VecDeque::pop_front)?;
        self.count -= 1;
        Some(task)
    }

    /// Takes out all tasks of a job.
    pub(super) fn take_job(&mut self, job: &Arc<JobState>) -> Vec<Task> {
        let mut taken = Vec::new();
        for queue in self.by_priority.values_mut() {
            let (of_job, others) = queue
                .drain(..)
                .partition::<VecDeque<_>, _>(|task| Arc::ptr_eq(&task.job, job));
            *queue = others;
            taken.extend(of_job);
        }
        self.count -= taken.len();
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::held::Held;
    use crate::pool::{Order, TaskOptions, WorkName};

    fn job(priority: i32) -> Arc<JobState> {
        let options = TaskOptions {
            priority,
            ..TaskOptions::default()
        };
        Arc::new(JobState::new(
            WorkName::from_bits(0),
            "test".into(),
            options,
            Order::AsSubmitted,
            None,
            false,
        ))
    }

    fn task(job: &Arc<JobState>, index: usize) -> Task {
        Task {
            job: Arc::clone(job),
            index,
            bytes: Vec::new(),
            held: Held::default(),
            retries: 0,
        }
    }

    #[test]
    fn higher_priorities_come_first_and_equal_ones_in_order() {
        let (low, high) = (job(-1), job(5));
        let mut pending = Pending::default();
        pending.push(task(&low, 0));
        pending.push(task(&high, 1));
        pending.push(task(&high, 2));
        pending.put_back(task(&high, 3));
        let order: Vec<usize> = std::iter::from_fn(|| pending.pop())
            .map(|task| task.index)
            .collect();
        assert_eq!(order, [3, 1, 2, 0]);
        assert!(pending.is_empty());
    }

    #[test]
    fn the_tasks_of_one_job_can_be_taken_out() {
        let (one, other) = (job(0), job(0));
        let mut pending = Pending::default();
        for index in 0..3 {
            pending.push(task(&one, index));
            pending.push(task(&other, index));
        }
        assert_eq!(pending.take_job(&one).len(), 3);
        assert_eq!(pending.len(), 3);
        assert!(std::iter::from_fn(|| pending.pop()).all(|task| Arc::ptr_eq(&task.job, &other)));
    }
}
