//! The lock that goes with a condition.

use std::mem;

use procession_arena::{Error, Handle, Participant};
use procession_objects::{Condition as Core, Lock as LockCore, ReentrantLock, Taken};

use crate::attachment::Attachment;
use crate::{Lock, LockError, LockGuard, RLock, RLockGuard};

/// A lock that a [`Condition`](crate::Condition) can go with: [`Lock`] or [`RLock`].
pub trait ConditionLock: Clone + sealed::Guarded {}

impl ConditionLock for Lock {}
impl ConditionLock for RLock {}

/// Why a lock was not acquired, or the guard of one that was abandoned.
pub(super) type Refusal<'a, L> = LockError<<L as sealed::Guarded>::Guard<'a>>;

pub(super) mod sealed {
    use super::{Core, Error, Handle, Participant, Taken};

    /// What a condition needs of its lock; not for direct use.
    pub trait Guarded: Sized {
        /// The right to be inside.
        type Guard<'a>
        where
            Self: 'a;

        /// Creates a condition that goes with the lock.
        ///
        /// # Errors
        ///
        /// Those of the floor below.
        fn create(&self, me: &Participant) -> Result<Core, Error>;

        /// Takes hold of the lock.
        ///
        /// # Errors
        ///
        /// Those of the floor below.
        fn attach(handle: Handle) -> Result<Self, Error>;

        /// Its name in every process of the session.
        fn handle(&self) -> Handle;

        /// The name of the lock that a guard is of.
        fn lock_of(guard: &Self::Guard<'_>) -> Handle;

        /// The lock that a guard is of; the guard is taken apart, and its hold goes on.
        fn disarm<'a>(guard: Self::Guard<'a>) -> &'a Self
        where
            Self: 'a;

        /// A guard for a hold.
        fn arm(&self, taken: Taken) -> Self::Guard<'_>;
    }
}

impl sealed::Guarded for Lock {
    type Guard<'a> = LockGuard<'a>;

    fn create(&self, me: &Participant) -> Result<Core, Error> {
        Core::create(me, self.attachment.object())
    }

    fn attach(handle: Handle) -> Result<Lock, Error> {
        Attachment::new(|me| LockCore::attach(me, handle)).map(Lock::of)
    }

    fn handle(&self) -> Handle {
        self.attachment.handle()
    }

    fn lock_of(guard: &LockGuard<'_>) -> Handle {
        guard.lock().attachment.handle()
    }

    fn disarm<'a>(guard: LockGuard<'a>) -> &'a Lock
    where
        Lock: 'a,
    {
        let lock = guard.lock();
        mem::forget(guard);
        lock
    }

    fn arm(&self, taken: Taken) -> LockGuard<'_> {
        self.guard(taken.hold)
    }
}

impl sealed::Guarded for RLock {
    type Guard<'a> = RLockGuard<'a>;

    fn create(&self, me: &Participant) -> Result<Core, Error> {
        Core::create_for_reentrant(me, self.attachment.object())
    }

    fn attach(handle: Handle) -> Result<RLock, Error> {
        Attachment::new(|me| ReentrantLock::attach(me, handle)).map(RLock::of)
    }

    fn handle(&self) -> Handle {
        self.attachment.handle()
    }

    fn lock_of(guard: &RLockGuard<'_>) -> Handle {
        guard.lock().attachment.handle()
    }

    fn disarm<'a>(guard: RLockGuard<'a>) -> &'a RLock
    where
        RLock: 'a,
    {
        let lock = guard.lock();
        mem::forget(guard);
        lock
    }

    fn arm(&self, _taken: Taken) -> RLockGuard<'_> {
        self.guard()
    }
}
