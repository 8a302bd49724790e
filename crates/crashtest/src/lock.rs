//! Operations of locks and reentrant locks, cut short.

use std::cell::Cell;
use std::time::Instant;

use procession_arena::mem::simulation::{self, Run};
use procession_arena::{Error, Handle, Participant, Result, Wait};
use procession_objects::{Lock, ReentrantLock};

use crate::enumerate::{Scenario, must};
use crate::world::World;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    /// A lock that a process holds.
    Plain,
    /// A lock that a thread holds, several times if it likes.
    Reentrant,
}

/// Either of the two.
#[derive(Debug)]
pub enum AnyLock {
    /// A lock that a process holds.
    Plain(Lock),
    /// A lock that a thread holds.
    Reentrant(ReentrantLock),
}

impl AnyLock {
    /// A new one.
    ///
    /// # Panics
    ///
    /// If the session has no room for it.
    pub fn create(kind: LockKind, me: &Participant) -> AnyLock {
        match kind {
            LockKind::Plain => AnyLock::Plain(must(Lock::create(me))),
            LockKind::Reentrant => AnyLock::Reentrant(must(ReentrantLock::create(me))),
        }
    }

    /// Its name.
    pub fn handle(&self) -> Handle {
        match self {
            AnyLock::Plain(lock) => lock.handle(),
            AnyLock::Reentrant(lock) => lock.handle(),
        }
    }

    /// Takes it; says whether it was abandoned.
    ///
    /// # Errors
    ///
    /// Those of the lock.
    pub fn acquire(&self, me: &Participant, wait: Wait) -> Result<bool> {
        let taken = match self {
            AnyLock::Plain(lock) => lock.acquire(me, wait)?,
            AnyLock::Reentrant(lock) => lock.acquire(me, wait)?,
        };
        Ok(taken.abandoned_by.is_some())
    }

    /// Releases it once.
    ///
    /// # Errors
    ///
    /// Those of the lock.
    pub fn release(&self, me: &Participant) -> Result<()> {
        match self {
            AnyLock::Plain(lock) => lock.release(me),
            AnyLock::Reentrant(lock) => lock.release(me),
        }
    }
}

/// Who holds the lock when the operation begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldBy {
    /// Nobody.
    Nobody,
    /// The victim, so often.
    Victim(u32),
    /// Somebody who lives on.
    Living,
    /// Somebody who is dead, and nobody has noticed.
    Dead,
    /// Nobody since a dead holder was reaped.
    Reaped,
}

/// What the victim does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Takes the lock, or gives up at once.
    Acquire,
    /// Waits for the lock until the time is over, which it is at once.
    Wait,
    /// Releases it once.
    Release,
    /// Releases it in the name of who died holding it.
    ReleaseAbandoned,
    /// Gives up the last hold of the object.
    Detach,
}

/// A lock in some state, and what happens to it.
#[derive(Clone, Copy, Debug)]
pub struct LockScenario {
    /// Which kind of lock.
    pub kind: LockKind,
    /// Who holds it.
    pub held_by: HeldBy,
    /// Whether somebody sleeps on it, as far as can be seen.
    pub sleeper: bool,
    /// What the victim does.
    pub operation: Operation,
}

/// The lock, as the scenario's processes reach it.
#[derive(Debug)]
pub struct Shared {
    lock: AnyLock,
    /// How often a successor was told of a death.
    told: Cell<u32>,
    /// Keeps the object; `None` if the victim has the last hold of it.
    keeper: Option<Participant>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed {
    /// How often somebody was told of a death.
    told: u32,
    /// Whether somebody who lives holds it.
    held: bool,
}

impl Scenario for LockScenario {
    type Shared = Shared;
    type Observed = Observed;

    fn name(&self) -> String {
        format!("{self:?}")
    }

    fn prepare(&self, world: &World, victim: &Participant) -> Shared {
        // Somebody else creates it: to reap an owner of memory takes hundreds of stores.
        let keeper = world.process();
        let lock = AnyLock::create(self.kind, &keeper);
        must(victim.attach(lock.handle()));
        let attached = || {
            let process = world.process();
            must(process.attach(lock.handle()));
            process
        };
        let dead = match self.held_by {
            HeldBy::Dead | HeldBy::Reaped => Some(attached()),
            HeldBy::Nobody | HeldBy::Victim(_) | HeldBy::Living => None,
        };
        let (holder, times) = match (self.held_by, &dead) {
            (HeldBy::Victim(times), _) => (victim, times),
            (_, Some(dead)) => (dead, 1),
            (_, None) => (&keeper, 1),
        };
        (0..times).for_each(|_| assert!(!must(lock.acquire(holder, Wait::Never))));
        if self.sleeper {
            leave_a_sleeper(&lock, attached());
        }
        if self.held_by == HeldBy::Nobody {
            must(lock.release(holder));
        }
        if let Some(dead) = dead {
            must(dead.abandon());
        }
        if self.held_by == HeldBy::Reaped {
            must(keeper.reap_dead());
        }
        let keeper = match self.operation {
            Operation::Detach => {
                must(keeper.detach(lock.handle()));
                None
            }
            _ => Some(keeper),
        };
        Shared {
            lock,
            told: Cell::new(0),
            keeper,
        }
    }

    fn operate(&self, shared: &Shared, victim: &Participant) {
        let lock = &shared.lock;
        match self.operation {
            Operation::Acquire => tolerate(lock.acquire(victim, Wait::Never)),
            Operation::Wait => tolerate(lock.acquire(victim, at_once())),
            Operation::Release => must(lock.release(victim)),
            Operation::ReleaseAbandoned => match lock {
                AnyLock::Plain(lock) => assert!(must(lock.release_abandoned(victim))),
                AnyLock::Reentrant(_) => {}
            },
            Operation::Detach => must(victim.detach(lock.handle())),
        }
    }

    fn use_object(&self, shared: &Shared, user: &Participant) {
        if shared.keeper.is_none() {
            return;
        }
        must(user.attach(shared.lock.handle()));
        match shared.lock.acquire(user, Wait::Never) {
            Ok(told) => {
                shared.told.set(shared.told.get() + u32::from(told));
                must(shared.lock.release(user));
            }
            Err(Error::TimedOut) => assert_eq!(self.held_by, HeldBy::Living),
            Err(error) => panic!("a successor cannot take the lock: {error}"),
        }
        must(user.detach(shared.lock.handle()));
    }

    fn observe(&self, shared: &Shared, survivor: &Participant) -> Observed {
        let mut observed = Observed {
            told: shared.told.get(),
            held: false,
        };
        let Some(keeper) = &shared.keeper else {
            return observed;
        };
        match shared.lock.acquire(survivor, Wait::Never) {
            Ok(told) => observed.told += u32::from(told),
            Err(Error::TimedOut) => {
                observed.held = true;
                must(shared.lock.release(keeper));
                assert!(!must(shared.lock.acquire(survivor, Wait::Never)));
            }
            Err(error) => panic!("the lock cannot be taken: {error}"),
        }
        must(shared.lock.release(survivor));
        assert!(
            matches!(shared.lock.release(survivor), Err(Error::NotHeld)),
            "it was held more often than it was taken"
        );
        assert!(
            !must(shared.lock.acquire(survivor, at_once())),
            "told again"
        );
        must(shared.lock.release(survivor));
        observed
    }

    fn allows(&self, observed: &Observed, used: bool) -> bool {
        let least = match (self.operation, self.held_by) {
            (Operation::Detach, _) => 0,
            // Released wholly, or not yet.
            (Operation::Release, HeldBy::Victim(1)) | (Operation::ReleaseAbandoned, _) => 0,
            (_, HeldBy::Victim(_) | HeldBy::Dead | HeldBy::Reaped) => 1,
            (_, HeldBy::Nobody | HeldBy::Living) => 0,
        };
        let most = match (self.operation, self.held_by) {
            (Operation::Detach, _) => 0,
            (_, HeldBy::Living) => 0,
            _ => 1,
        };
        // A successor that was killed in turn holds it for a moment as well.
        let most = most + u32::from(used);
        observed.held == (self.held_by == HeldBy::Living) && (least..=most).contains(&observed.told)
    }

    fn finish(&self, shared: Shared, survivor: &Participant) {
        if let Some(keeper) = shared.keeper {
            must(keeper.detach(shared.lock.handle()));
        }
        must(survivor.reap_dead());
    }
}

/// A wait that is over before it begins.
fn at_once() -> Wait {
    Wait::Until(Instant::now())
}

/// Kills a process that waits for the lock, which somebody holds, so that it seems to sleep.
fn leave_a_sleeper(lock: &AnyLock, sleeper: Participant) {
    let waits = |sleeper: &Participant, stores| {
        simulation::run(stores, || {
            let outcome = lock.acquire(sleeper, at_once());
            assert!(matches!(outcome, Err(Error::TimedOut)), "it was free");
        })
    };
    let Run::Finished { stores, .. } = waits(&sleeper, u64::MAX) else {
        panic!("a thread that nobody kills was killed");
    };
    // Its last stores wake another one in its place, and end the operation.
    let killed = waits(&sleeper, stores.saturating_sub(STORES_OF_GIVING_UP));
    assert_eq!(killed, Run::Killed);
    must(sleeper.abandon());
}

/// Two for the event, one for the wake, one that ends the operation.
const STORES_OF_GIVING_UP: u64 = 4;

fn tolerate<T>(outcome: Result<T>) {
    match outcome {
        Ok(_) | Err(Error::TimedOut) => {}
        Err(error) => panic!("{error}"),
    }
}
