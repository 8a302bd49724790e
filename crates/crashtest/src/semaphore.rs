//! Operations of semaphores, cut short.

use std::time::{Duration, Instant};

use procession_arena::{Error, Participant, Wait};
use procession_objects::{PermitRule, Semaphore};

use crate::enumerate::{Scenario, must};
use crate::sleepers::Sleepers;
use crate::world::World;

/// An operation on a semaphore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Acquires a permit; waits a little for one.
    Acquire,
    /// Releases so many.
    Release(u32),
    /// Acquires a permit and releases it.
    AcquireAndRelease,
    /// Creates another semaphore and gives it up again.
    CreateAndDetach,
    /// Gives up the semaphore; the last hold of it.
    Detach,
}

/// A semaphore in some state, and what happens to it.
#[derive(Clone, Copy, Debug)]
pub struct SemaphoreScenario {
    /// What a release may do.
    pub rule: PermitRule,
    /// Permits that nobody has taken.
    pub free: u32,
    /// Permits that the victim has taken.
    pub held: u32,
    /// How many wait for a permit; only if none is free.
    pub sleepers: usize,
    /// What the victim does.
    pub operation: Operation,
}

/// The semaphore, as the scenario's processes reach it.
#[derive(Debug)]
pub struct Shared {
    semaphore: Semaphore,
    /// Holds the semaphore until the end, and a permit for each sleeper; `None` if the victim has the last
    /// hold.
    holder: Option<Participant>,
    sleepers: Sleepers<bool>,
}

impl Shared {
    fn let_all_go_on(&self) {
        if let Some(holder) = &self.holder {
            must(self.semaphore.release(holder, self.sleepers.len() as u32));
        }
        for acquired in self.sleepers.outcomes() {
            assert!(acquired, "a sleeper was not woken");
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.let_all_go_on();
    }
}

impl Scenario for SemaphoreScenario {
    type Shared = Shared;
    /// Permits that are free.
    type Observed = u32;

    fn name(&self) -> String {
        format!("{self:?}")
    }

    fn prepare(&self, world: &World, victim: &Participant) -> Shared {
        let of_holder = self.sleepers as u32;
        let permits = self.free + self.held + of_holder;
        let semaphore = must(Semaphore::create(victim, permits, self.rule));
        for _ in 0..self.held {
            must(semaphore.acquire(victim, Wait::Never));
        }
        let handle = semaphore.handle();
        let is_last_hold = self.operation == Operation::Detach;
        let holder = (!is_last_hold).then(|| world.process());
        if let Some(holder) = &holder {
            must(Semaphore::attach(holder, handle));
            for _ in 0..of_holder {
                must(semaphore.acquire(holder, Wait::Never));
            }
        }
        let sleepers = Sleepers::start(world, self.sleepers, move |me, wait| {
            let semaphore = must(Semaphore::attach(me, handle));
            let acquired = semaphore.acquire(me, wait).is_ok();
            if acquired {
                must(semaphore.release(me, 1));
            }
            must(semaphore.detach(me));
            acquired
        });
        Shared {
            semaphore,
            holder,
            sleepers,
        }
    }

    fn operate(&self, shared: &Shared, victim: &Participant) {
        let semaphore = &shared.semaphore;
        match self.operation {
            Operation::Acquire => acquire_soon(semaphore, victim),
            Operation::Release(count) => tolerate(semaphore.release(victim, count)),
            Operation::AcquireAndRelease => {
                must(semaphore.acquire(victim, Wait::Never));
                must(semaphore.release(victim, 1));
            }
            Operation::CreateAndDetach => {
                let other = must(Semaphore::create(victim, 1, self.rule));
                must(other.acquire(victim, Wait::Never));
                must(other.detach(victim));
            }
            Operation::Detach => must(semaphore.detach(victim)),
        }
    }

    /// Finds the lock that the dead may hold. A permit of its own it could take along to its death, unless it
    /// is known whose it is.
    fn use_object(&self, shared: &Shared, user: &Participant) {
        if shared.holder.is_none() || self.rule != PermitRule::Attributed {
            return;
        }
        let semaphore = must(Semaphore::attach(user, shared.semaphore.handle()));
        if semaphore.acquire(user, Wait::Never).is_ok() {
            must(semaphore.release(user, 1));
        }
        must(semaphore.detach(user));
    }

    fn observe(&self, shared: &Shared, survivor: &Participant) -> u32 {
        if shared.holder.is_none() {
            return 0;
        }
        let semaphore = &shared.semaphore;
        let of_holder = shared.sleepers.len() as u32;
        // If a permit is free, nobody sleeps any more: each gives it to the next.
        let mut given = 0;
        match must(semaphore.value(survivor)) {
            0 => {
                shared.let_all_go_on();
                given = of_holder;
            }
            _ => assert!(shared.sleepers.outcomes().iter().all(|acquired| *acquired)),
        }
        let free = must(semaphore.value(survivor)) - given;
        if given + free > 0 {
            must(semaphore.acquire(survivor, Wait::Never));
            must(semaphore.release(survivor, 1));
        }
        free
    }

    fn allows(&self, observed: &u32, _used: bool) -> bool {
        if self.operation == Operation::Detach {
            return true;
        }
        if self.rule == PermitRule::Attributed {
            return *observed == self.free + self.held;
        }
        let after = match self.operation {
            Operation::Acquire | Operation::AcquireAndRelease => self.free.saturating_sub(1),
            Operation::Release(count) => self.free + count,
            Operation::CreateAndDetach | Operation::Detach => self.free,
        };
        *observed == self.free || *observed == after
    }

    fn finish(&self, mut shared: Shared, survivor: &Participant) {
        if let Some(holder) = shared.holder.take() {
            must(shared.semaphore.detach(&holder));
        }
        must(survivor.reap_dead());
    }
}

fn acquire_soon(semaphore: &Semaphore, me: &Participant) {
    let soon = Instant::now() + Duration::from_micros(20);
    tolerate(semaphore.acquire(me, Wait::Until(soon)));
}

fn tolerate(outcome: procession_arena::Result<()>) {
    match outcome {
        Ok(()) | Err(Error::TimedOut | Error::NotHeld | Error::ReleasedTooOften { .. }) => {}
        Err(error) => panic!("{error}"),
    }
}
