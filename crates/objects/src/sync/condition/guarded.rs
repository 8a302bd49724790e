//! The lock that goes with a condition: a lock or a reentrant lock.

use procession_arena::{Error, Object, ObjectKind, Participant, Result};

use crate::sync::ownership::{Ownership, Taken};
use crate::sync::reentrant_lock::not_held;
use crate::sync::{Hold, Lock, ReentrantLock, lock, reentrant_lock};

/// The lock that goes with a condition.
#[derive(Debug)]
pub(super) enum Guarded {
    Lock(Lock),
    Reentrant(ReentrantLock),
}

impl Guarded {
    /// The lock that an object is.
    ///
    /// # Errors
    ///
    /// [`Error::WrongKind`] if it is no lock.
    pub(super) fn of(object: Object, kind: &'static dyn ObjectKind) -> Result<Guarded> {
        match kind.tag() {
            lock::TAG => Ok(Guarded::Lock(Lock::of(object))),
            reentrant_lock::TAG => Ok(Guarded::Reentrant(ReentrantLock::of(object))),
            _ => Err(Error::WrongKind {
                handle: object.handle,
                expected: lock::NAME,
                found: kind.name(),
            }),
        }
    }

    pub(super) fn ownership<'a>(&self, me: &'a Participant) -> Result<Ownership<'a>> {
        match self {
            Guarded::Lock(lock) => lock.ownership(me),
            Guarded::Reentrant(lock) => lock.ownership(me),
        }
    }

    /// Which hold of the lock waiting would give up.
    ///
    /// # Errors
    ///
    /// [`Error::NotHeld`], or [`Error::HeldByAnother`]: another process or, if the lock is
    /// reentrant, another thread.
    pub(super) fn own_hold(&self, me: &Participant) -> Result<Hold> {
        let ownership = self.ownership(me)?;
        let present = match self {
            Guarded::Lock(_) => ownership.hold_of_process_of(me)?,
            Guarded::Reentrant(_) => ownership.is_held_by(me).then(|| Hold::of(me)),
        };
        present.ok_or_else(|| not_held(me, ownership))
    }

    /// Gives the lock back, however often it is held; returns how often that was.
    ///
    /// The operation is the caller's.
    pub(super) fn give_back(&self, me: &Participant, hold: Hold) -> Result<u32> {
        let ownership = self.ownership(me)?;
        let depth = ownership.depth().load();
        match ownership.give_back(hold) {
            true => Ok(depth),
            false => Err(Error::NotHeld),
        }
    }

    /// Takes the lock again, however long it takes, so that it is held as often as it was.
    pub(super) fn take_again(&self, me: &Participant, depth: u32) -> Result<Taken> {
        let ownership = self.ownership(me)?;
        let taken = ownership.take_always(me)?;
        ownership.depth().store(depth);
        Ok(taken)
    }
}
