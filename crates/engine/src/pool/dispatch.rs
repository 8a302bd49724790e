//! Giving tasks to workers, and taking them back from one for another. See "Who gets what" in `README.md`.

use std::task::Waker;
use std::time::Duration;

use procession_arena::sys::clock;
use procession_arena::{Error, Participant, Wait};
use procession_objects::Message;

use super::held::Held;
use super::state::State;
use super::task::{Assigned, Task};
use super::waiting::Interest;
use super::wire::Order;

/// Work that a worker is given ahead of time: several times what a report and its answer take when both sides sleep.
const AHEAD: Duration = Duration::from_micros(500);
/// Work that is worth waking a worker for, or taking from another: less is done by those who are awake before that pays.
const WORTHWHILE: Duration = Duration::from_micros(100);
/// How soon work that seemed too little to be shared is looked at again.
const SECOND_LOOK: Duration = Duration::from_micros(200);
/// Tasks that a worker is given ahead of time, at most.
const MOST_AHEAD: u64 = 1024;

impl State {
    /// Whether one more task may be submitted.
    pub(super) fn has_room(&self) -> bool {
        // Which of the tasks elsewhere are being worked at is not known: as many as there are workers do not count.
        let (carried, begun) = match &self.errands {
            Some(errands) => (errands.len(), errands.workers),
            None => (0, 0),
        };
        self.config
            .max_queued
            .is_none_or(|most| self.pending.len() + carried < most.max(1).saturating_add(begun))
    }

    /// Gives the workers what they can take.
    pub(super) fn dispatch(&mut self, me: &Participant, wakers: &mut Vec<Waker>) {
        self.hand_out(me, wakers);
        let was_uneven = std::mem::take(&mut self.is_uneven);
        while self.pending.is_empty() && self.relieve(me) {
            self.hand_out(me, wakers);
        }
        // Whoever leads is asleep for longer than until the second look.
        self.leader_is_wanted |= self.is_uneven && !was_uneven;
        self.look_for_end();
    }

    /// Looks whether work that seemed too little to be shared has turned out to be more.
    pub(super) fn look_again(&mut self, me: &Participant, wakers: &mut Vec<Waker>) {
        if self.is_uneven {
            self.dispatch(me, wakers);
        }
        self.leader_is_wanted = false;
    }

    /// How long a leader may sleep.
    pub(super) fn longest_look(&self, otherwise: Duration) -> Duration {
        if self.is_uneven {
            SECOND_LOOK
        } else {
            otherwise
        }
    }

    /// Tells the workers to go, or the carrier, if nothing will come any more.
    pub(super) fn look_for_end(&mut self) {
        if self.is_finished() {
            self.supervisor_is_wanted = true;
            if let Some(errands) = &mut self.errands {
                errands.conclude();
            }
        }
    }

    fn hand_out(&mut self, me: &Participant, wakers: &mut Vec<Waker>) {
        let depth = self.depth();
        let before = self.pending.len();
        while let Some(seat) = self.least_busy(depth) {
            let takers = self.workers().filter(|worker| worker.takes_tasks()).count();
            // Guided self-scheduling: the less there is left, the smaller the portions, but not smaller than worthwhile.
            let share = self.pending.len().div_ceil(2 * takers).max(self.portion());
            self.give(me, seat, share, depth, wakers);
        }
        if self.pending.len() < before && self.config.max_queued.is_some() {
            self.wake_followers(|interest| matches!(interest, Interest::Pool));
        }
    }

    /// How many tasks a worker may have, that at which it works included.
    fn depth(&self) -> usize {
        let ahead = match self.mean {
            0 => 1,
            mean => (AHEAD.as_nanos() as u64 / mean).clamp(1, MOST_AHEAD),
        };
        1 + ahead as usize
    }

    /// The seat whose worker has least to do and can take something, if anything is there.
    fn least_busy(&self, depth: usize) -> Option<usize> {
        if self.pending.is_empty() {
            return None;
        }
        let seats = self.seats.iter().enumerate();
        seats
            .filter_map(|(index, seat)| Some((index, seat.worker.as_ref()?)))
            // Half empty at least, so that many small tasks go in portions.
            .filter(|(_, worker)| worker.takes_tasks() && worker.assigned.len() <= depth / 2)
            .min_by_key(|(_, worker)| worker.assigned.len())
            .map(|(index, _)| index)
    }

    fn give(
        &mut self,
        me: &Participant,
        seat: usize,
        share: usize,
        depth: usize,
        wakers: &mut Vec<Waker>,
    ) {
        let Some(worker) = self
            .seats
            .get_mut(seat)
            .and_then(|seat| seat.worker.as_mut())
        else {
            return;
        };
        let room = depth.saturating_sub(worker.assigned.len());
        let allowance = usize::try_from(worker.allowance).unwrap_or(usize::MAX);
        let mut orders = Vec::new();
        while orders.len() < share.min(room).min(allowance)
            && let Some(task) = self.pending.pop()
        {
            self.last_number += 1;
            orders.push(task.address(self.last_number));
        }
        let (done, failure) = put(me, &worker.paths.inbox, &orders);
        let rest = orders.split_off(done);
        worker.allowance -= done as u64;
        if worker.allowance == 0 {
            worker.is_retiring = true;
            // Nothing that could be done about it is left undone: the worker ends by being killed, in the end.
            let _ = worker.paths.inbox.close(me);
        }
        self.watch_time(&orders);
        let worker = self
            .seats
            .get_mut(seat)
            .and_then(|seat| seat.worker.as_mut());
        if let Some(worker) = worker {
            worker.assigned.extend(orders);
        }
        self.not_given(rest, failure, wakers);
    }

    /// The first of these could not be put, the others were not tried.
    fn not_given(&mut self, rest: Vec<Assigned>, failure: Option<Error>, wakers: &mut Vec<Waker>) {
        let mut rest = rest.into_iter().map(Assigned::into_task);
        if let Some(failure) = failure {
            let first = rest.next().map(|task| task.fail(failure.into()));
            self.tell(first, wakers);
        }
        self.put_back(rest.collect());
    }

    /// Puts tasks before all that wait, in their order.
    pub(super) fn put_back(&mut self, tasks: Vec<Task>) {
        for task in tasks.into_iter().rev() {
            self.pending.put_back(task);
        }
    }

    /// Has the supervisor look in time at tasks whose time is limited.
    fn watch_time(&mut self, orders: &[Assigned]) {
        let shortest = orders
            .iter()
            .filter_map(|order| order.task.job.options.timeout)
            .min();
        if let Some(timeout) = shortest {
            let end = clock::now().saturating_add(nanoseconds(timeout));
            self.supervisor_is_wanted |= end < self.supervisor_wakes;
        }
    }

    /// The number of tasks that are worth waking a worker for.
    fn portion(&self) -> usize {
        match self.mean {
            0 => 1,
            mean => (WORTHWHILE.as_nanos() as u64 / mean).clamp(1, MOST_AHEAD) as usize,
        }
    }

    /// If a worker has nothing to do, takes back half of what the most loaded one has not begun; false if there
    /// is nothing to take, or nobody to give it to.
    fn relieve(&mut self, me: &Participant) -> bool {
        if !self
            .workers()
            .any(|worker| worker.takes_tasks() && worker.assigned.is_empty())
        {
            return false;
        }
        let seats = self.seats.iter().enumerate();
        let loads =
            seats.filter_map(|(index, seat)| Some((index, seat.worker.as_ref()?.assigned.len())));
        match loads.max_by_key(|(_, load)| *load) {
            Some((seat, load)) if load >= 2 => {
                if !self.is_worth_sharing(me, seat, load) {
                    self.is_uneven = true;
                    return false;
                }
                let taken = self.take_back(me, seat, load / 2);
                let any = !taken.is_empty();
                self.put_back(taken);
                any
            }
            _ => false,
        }
    }

    /// Whether a worker will be busy long enough that others should help: by the mean, or because it is at a long task now.
    fn is_worth_sharing(&self, me: &Participant, seat: usize, load: usize) -> bool {
        let worthwhile = nanoseconds(WORTHWHILE);
        if self.mean.saturating_mul(load as u64) >= worthwhile {
            return true;
        }
        let worker = self.seats.get(seat).and_then(|seat| seat.worker.as_ref());
        let started = worker.and_then(|worker| worker.paths.desk.started(me).ok());
        // One that has not begun anything has yet to wake up.
        started.is_none_or(|started| clock::now().saturating_sub(started) >= worthwhile)
    }

    /// Takes tasks back that their worker has not begun, `count` at most.
    pub(super) fn take_back(&mut self, me: &Participant, seat: usize, count: usize) -> Vec<Task> {
        let mut taken = Vec::new();
        let Some(worker) = self
            .seats
            .get_mut(seat)
            .and_then(|seat| seat.worker.as_mut())
        else {
            return taken;
        };
        let mut message = Message::default();
        while taken.len() < count
            && worker
                .paths
                .inbox
                .get(me, &mut message, Wait::Never)
                .is_ok()
        {
            drop(Held::received(std::mem::take(&mut message.handles)));
            let number = Order::read(&message.bytes).map_or(0, |order| order.number);
            taken.extend(worker.take(number).map(Assigned::into_task));
        }
        if !worker.is_retiring {
            worker.allowance += taken.len() as u64;
        }
        taken
    }
}

/// Puts orders into an inbox; says how many, and what went wrong with the next one.
fn put(
    me: &Participant,
    inbox: &procession_objects::Queue,
    orders: &[Assigned],
) -> (usize, Option<Error>) {
    let mut done = 0;
    while let Some(rest) = orders.get(done..).filter(|rest| !rest.is_empty()) {
        let plain = rest
            .iter()
            .take_while(|order| order.task.held.handles().is_empty());
        let outcome = match (plain.clone().count(), rest.first()) {
            (0 | 1, Some(order)) => {
                let handles = order.task.held.handles();
                let put = inbox.put(me, &order.task.bytes, handles, Wait::Forever);
                put.map(|()| 1)
            }
            _ => {
                let messages: Vec<&[u8]> = plain.map(|order| order.task.bytes.as_slice()).collect();
                inbox.put_many(me, &messages, Wait::Forever)
            }
        };
        match outcome {
            Ok(count) => done += count,
            Err(error) => return (done, Some(error)),
        }
    }
    (done, None)
}

/// As a number on the clock of all processes; what is longer than 500 years is for ever.
pub(super) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
