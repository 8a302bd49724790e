//! Operations of conditions, cut short.

use std::cell::{Cell, RefCell};
use std::time::Instant;

use procession_arena::{Error, Participant, Wait};
use procession_objects::{Condition, Lock, ReentrantLock, Waiting};

use crate::enumerate::{Scenario, must};
use crate::lock::{AnyLock, LockKind};
use crate::world::World;

/// Somebody in line before all others, who is dead, and nobody has noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeadInLine {
    /// There is none.
    None,
    /// It was not notified.
    Waiting,
    /// It was notified.
    Notified,
}

/// What the victim does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Gets in line and gives the lock up.
    Enter,
    /// Waits, until the time is over at once.
    Wait,
    /// Returns with the lock after it was notified.
    ReturnNotified,
    /// Notifies so many.
    Notify(usize),
    /// Gives up the last hold of the condition and its lock.
    Detach,
}

/// A condition in some state, and what happens to it.
#[derive(Clone, Copy, Debug)]
pub struct ConditionScenario {
    /// Which kind of lock goes with it.
    pub lock: LockKind,
    /// How many wait besides the victim, and live.
    pub waiters: usize,
    /// Who else stands in line.
    pub dead: DeadInLine,
    /// What the victim does.
    pub operation: Operation,
}

/// The condition, as the scenario's processes reach it.
#[derive(Debug)]
pub struct Shared {
    condition: Condition,
    lock: AnyLock,
    /// Those who wait besides the victim, in their order.
    waiters: RefCell<Vec<(Participant, Waiting)>>,
    /// What the victim stands in line with.
    victims: RefCell<Option<Waiting>>,
    /// How many a successor has notified.
    notified_by_successor: Cell<usize>,
    /// Keeps the object; `None` if the victim has the last hold of it.
    keeper: Option<Participant>,
}

/// What became of it: who of those who wait was notified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    notified: Vec<bool>,
    by_successor: usize,
}

impl ConditionScenario {
    /// How often whoever waits holds the lock.
    fn depth(&self) -> u32 {
        match self.lock {
            LockKind::Plain => 1,
            LockKind::Reentrant => 2,
        }
    }

    fn take(&self, lock: &AnyLock, me: &Participant) {
        for _ in 0..self.depth() {
            must(lock.acquire(me, Wait::Never));
        }
    }

    fn release(&self, lock: &AnyLock, me: &Participant) {
        (0..self.depth()).for_each(|_| must(lock.release(me)));
        assert!(matches!(lock.release(me), Err(Error::NotHeld)), "depth");
    }

    /// How many the victim, and whoever recovers, notify: the one or the other number.
    fn promised(&self) -> [usize; 2] {
        let passed_on = usize::from(self.dead == DeadInLine::Notified);
        let (least, most) = match self.operation {
            Operation::ReturnNotified => (1, 1),
            Operation::Notify(count) => (passed_on, passed_on + count),
            Operation::Enter | Operation::Wait | Operation::Detach => (passed_on, passed_on),
        };
        [least.min(self.waiters), most.min(self.waiters)]
    }
}

impl Scenario for ConditionScenario {
    type Shared = Shared;
    type Observed = Observed;

    fn name(&self) -> String {
        format!("{self:?}")
    }

    fn prepare(&self, world: &World, victim: &Participant) -> Shared {
        // Somebody else creates it: to reap an owner of memory takes hundreds of stores.
        let keeper = world.process();
        let (condition, lock) = match self.lock {
            LockKind::Plain => {
                let lock = must(Lock::create(&keeper));
                (
                    must(Condition::create(&keeper, &lock)),
                    AnyLock::Plain(lock),
                )
            }
            LockKind::Reentrant => {
                let lock = must(ReentrantLock::create(&keeper));
                let condition = must(Condition::create_for_reentrant(&keeper, &lock));
                (condition, AnyLock::Reentrant(lock))
            }
        };
        must(keeper.detach(lock.handle()));
        must(Condition::attach(victim, condition.handle()));
        let enter = |me: &Participant| {
            self.take(&lock, me);
            must(condition.enter(me))
        };
        let attached = || {
            let process = world.process();
            must(Condition::attach(&process, condition.handle()));
            process
        };
        if self.dead != DeadInLine::None {
            let dead = attached();
            let _waiting = enter(&dead);
            if self.dead == DeadInLine::Notified {
                assert_eq!(must(condition.notify(&keeper, 1)), 1);
            }
            must(dead.abandon());
        }
        let mut victims = None;
        if self.operation == Operation::ReturnNotified {
            victims = Some(enter(victim));
        }
        let waiters: Vec<_> = (0..self.waiters)
            .map(|_| {
                let waiter = attached();
                let waiting = enter(&waiter);
                (waiter, waiting)
            })
            .collect();
        match self.operation {
            Operation::ReturnNotified => assert_eq!(must(condition.notify(&keeper, 1)), 1),
            Operation::Enter | Operation::Wait => self.take(&lock, victim),
            Operation::Notify(_) | Operation::Detach => {}
        }
        let keeper = match self.operation {
            Operation::Detach => {
                must(condition.detach(&keeper));
                None
            }
            _ => Some(keeper),
        };
        Shared {
            condition,
            lock,
            waiters: RefCell::new(waiters),
            victims: RefCell::new(victims),
            notified_by_successor: Cell::new(0),
            keeper,
        }
    }

    fn operate(&self, shared: &Shared, victim: &Participant) {
        let condition = &shared.condition;
        match self.operation {
            Operation::Enter => drop(must(condition.enter(victim))),
            Operation::Wait => assert!(!must(condition.wait(victim, at_once())).notified),
            Operation::ReturnNotified => {
                if let Some(waiting) = shared.victims.take() {
                    assert!(must(condition.finish(victim, waiting, Wait::Never)).notified);
                }
            }
            Operation::Notify(count) => drop(must(condition.notify(victim, count))),
            Operation::Detach => must(condition.detach(victim)),
        }
    }

    fn use_object(&self, shared: &Shared, user: &Participant) {
        if shared.keeper.is_none() {
            return;
        }
        let condition = must(Condition::attach(user, shared.condition.handle()));
        must(shared.lock.acquire(user, Wait::Never));
        shared.notified_by_successor.set(1);
        let notified = must(condition.notify(user, 1));
        shared.notified_by_successor.set(notified);
        must(shared.lock.release(user));
        must(condition.detach(user));
    }

    fn observe(&self, shared: &Shared, survivor: &Participant) -> Observed {
        let mut notified = Vec::new();
        if let Some(keeper) = &shared.keeper {
            let condition = &shared.condition;
            for (waiter, waiting) in shared.waiters.take() {
                notified.push(must(condition.finish(&waiter, waiting, Wait::Never)).notified);
                self.release(&shared.lock, &waiter);
                must(condition.detach(&waiter));
            }
            assert_eq!(must(condition.notify_all(survivor)), 0, "nobody is left");
            must(Condition::attach(survivor, condition.handle()));
            must(shared.lock.acquire(survivor, Wait::Never));
            let waiting = must(condition.enter(survivor));
            assert_eq!(must(condition.notify_all(keeper)), 1);
            assert!(must(condition.finish(survivor, waiting, Wait::Never)).notified);
            must(shared.lock.release(survivor));
            must(condition.detach(survivor));
        }
        Observed {
            notified,
            by_successor: shared.notified_by_successor.get(),
        }
    }

    fn allows(&self, observed: &Observed, used: bool) -> bool {
        if self.operation == Operation::Detach {
            return true;
        }
        let count = observed.notified.iter().filter(|its| **its).count();
        let in_order = observed.notified.is_sorted_by(|one, next| one >= next);
        // A successor may be killed before it has notified, and then be followed by another one.
        let of_successors = match used {
            true => 0..=observed.by_successor + 1,
            false => 0..=0,
        };
        let may_be = |promised: usize| {
            of_successors
                .clone()
                .any(|more| (promised + more).min(self.waiters) == count)
        };
        in_order && self.promised().into_iter().any(may_be)
    }

    fn finish(&self, shared: Shared, survivor: &Participant) {
        if let Some(keeper) = shared.keeper {
            must(shared.condition.detach(&keeper));
        }
        must(survivor.reap_dead());
    }
}

/// A wait that is over before it begins.
fn at_once() -> Wait {
    Wait::Until(Instant::now())
}
