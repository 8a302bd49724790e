//! The account of the tasks that a carrier has. See "Carried pools" in `README.md`.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;
use std::task::Waker;

use super::carrier::{Carried, CarryTasks, Settled};
use super::error::PoolError;
use super::held::Held;
use super::job::{JobState, Produced};
use super::state::State;
use super::task::Task;

/// What a pool without workers of its own has with its carrier.
#[derive(Debug, Default)]
pub(super) struct Errands {
    /// Until it has been told that nothing more comes.
    carrier: Option<Arc<dyn CarryTasks>>,
    /// How many workers there are on the other side, by what was heard last.
    pub(super) workers: usize,
    /// All tasks without an outcome, without their bytes. Whoever takes one out of here tells its outcome, and so nobody else does.
    tasks: BTreeMap<u64, Task>,
    /// Those of them that the carrier has not been given yet, in the order of their numbers.
    outgoing: Vec<Carried>,
    /// Tasks that it was given, and that are not wanted any more.
    cancelled: Vec<u64>,
    is_over: bool,
    /// A thread is telling the carrier, and goes on until nothing is left to be told.
    is_delivering: bool,
}

/// Something that a carrier is to be told.
#[derive(Debug)]
pub(super) enum Errand {
    Carry(Vec<Carried>),
    Cancel(Vec<u64>),
    End,
}

impl Errands {
    pub(super) fn new(workers: usize) -> Errands {
        Errands {
            workers,
            ..Errands::default()
        }
    }

    pub(super) fn appoint(&mut self, carrier: Arc<dyn CarryTasks>) {
        self.carrier = Some(carrier);
    }

    pub(super) fn carrier(&self) -> Option<Arc<dyn CarryTasks>> {
        self.carrier.clone()
    }

    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Nothing will come any more.
    pub(super) fn conclude(&mut self) {
        self.is_over = true;
    }

    /// The carrier has been told that, and has returned.
    pub(super) fn is_concluded(&self) -> bool {
        self.is_over && self.carrier.is_none() && !self.is_delivering
    }

    /// There is something that the carrier is to be told.
    pub(super) fn has_any(&self) -> bool {
        let is_something = !self.outgoing.is_empty() || !self.cancelled.is_empty() || self.is_over;
        is_something && self.carrier.is_some()
    }

    /// True if the caller is the one to tell it.
    pub(super) fn claim(&mut self) -> bool {
        let claims = !self.is_delivering && self.has_any();
        self.is_delivering |= claims;
        claims
    }

    /// The next thing that whoever has claimed that is to tell the carrier. With `None` the claim is given up.
    pub(super) fn next(&mut self) -> Option<(Arc<dyn CarryTasks>, Errand)> {
        let next = self.carrier().and_then(|carrier| {
            if !self.outgoing.is_empty() {
                return Some((carrier, Errand::Carry(mem::take(&mut self.outgoing))));
            }
            if !self.cancelled.is_empty() {
                return Some((carrier, Errand::Cancel(mem::take(&mut self.cancelled))));
            }
            self.is_over.then(|| {
                self.carrier = None;
                (carrier, Errand::End)
            })
        });
        self.is_delivering = next.is_some();
        next
    }

    /// The numbers of a job's tasks, in ascending order.
    pub(super) fn numbers_of(&self, job: &Arc<JobState>) -> Vec<u64> {
        let tasks = self.tasks.iter();
        tasks
            .filter(|(_, task)| Arc::ptr_eq(&task.job, job))
            .map(|(&number, _)| number)
            .collect()
    }

    /// Takes tasks out that are not wanted any more. Those that the carrier has it will be told of.
    fn call_off(&mut self, numbers: &[u64]) -> Vec<Task> {
        let unsent = self.take_unsent(numbers);
        let given = numbers
            .iter()
            .filter(|number| unsent.binary_search(number).is_err());
        self.cancelled.extend(given);
        self.take(numbers)
    }

    /// Has those of these tasks not go out that have not; says which, in ascending order.
    fn take_unsent(&mut self, numbers: &[u64]) -> Vec<u64> {
        let mut unsent = Vec::new();
        self.outgoing.retain(|carried| {
            let stays = numbers.binary_search(&carried.number).is_err();
            if !stays {
                unsent.push(carried.number);
            }
            stays
        });
        unsent
    }

    fn take(&mut self, numbers: &[u64]) -> Vec<Task> {
        let taken = numbers
            .iter()
            .filter_map(|number| self.tasks.remove(number));
        taken.collect()
    }

    /// Takes all tasks out.
    pub(super) fn call_off_all(&mut self) -> Vec<Task> {
        let numbers: Vec<u64> = self.tasks.keys().copied().collect();
        self.call_off(&numbers)
    }
}

impl State {
    /// Has the carrier given all that is pending.
    pub(super) fn hand_over(&mut self) {
        let Some(errands) = &mut self.errands else {
            return;
        };
        while let Some(mut task) = self.pending.pop() {
            self.last_number += 1;
            errands.outgoing.push(Carried {
                number: self.last_number,
                work: task.job.work,
                label: task.job.label.clone(),
                bytes: mem::take(&mut task.bytes),
                options: task.job.options,
            });
            errands.tasks.insert(self.last_number, task);
        }
    }

    /// Tells jobs what came of these tasks; says of how many that was news.
    pub(super) fn settle_carried(
        &mut self,
        settled: Vec<Settled>,
        wakers: &mut Vec<Waker>,
    ) -> usize {
        let mut told = 0;
        for Settled {
            number,
            result,
            output,
        } in settled
        {
            let errands = self.errands.as_mut();
            if let Some(task) = errands.and_then(|errands| errands.tasks.remove(&number)) {
                let outcome = result.map(|bytes| Produced::new(bytes, Held::default()).into());
                self.tell([task.resolve(outcome, output)], wakers);
                told += 1;
            }
        }
        if told > 0 {
            self.made_room();
        }
        told
    }

    /// Ends all tasks of a job; says how many.
    pub(super) fn cancel_carried(&mut self, job: &Arc<JobState>, wakers: &mut Vec<Waker>) -> usize {
        let Some(errands) = &mut self.errands else {
            return 0;
        };
        let numbers = errands.numbers_of(job);
        let tasks = errands.call_off(&numbers);
        self.fail_cancelled(tasks, wakers)
    }

    /// Ends those tasks of a job that the carrier has not been given; says how many.
    pub(super) fn cancel_unsent(&mut self, job: &Arc<JobState>, wakers: &mut Vec<Waker>) -> usize {
        let Some(errands) = &mut self.errands else {
            return 0;
        };
        let numbers = errands.numbers_of(job);
        let unsent = errands.take_unsent(&numbers);
        let tasks = errands.take(&unsent);
        self.fail_cancelled(tasks, wakers)
    }

    /// Ends tasks that the carrier has given back; says how many.
    pub(super) fn cancel_withdrawn(&mut self, numbers: &[u64], wakers: &mut Vec<Waker>) -> usize {
        let errands = self.errands.as_mut();
        let tasks = errands.map_or_else(Vec::new, |errands| errands.take(numbers));
        self.fail_cancelled(tasks, wakers)
    }

    fn fail_cancelled(&mut self, tasks: Vec<Task>, wakers: &mut Vec<Waker>) -> usize {
        let count = tasks.len();
        let failed = tasks
            .into_iter()
            .map(|task| task.fail(PoolError::Cancelled));
        self.tell(failed, wakers);
        self.made_room();
        count
    }

    pub(super) fn set_carried_workers(&mut self, workers: usize) {
        if let Some(errands) = &mut self.errands {
            errands.workers = workers;
        }
        self.made_room();
    }

    /// Some tasks are out of the way: others may be submitted, or these were the last.
    fn made_room(&mut self) {
        self.look_for_end();
        self.wake_all_for_pool();
    }
}
