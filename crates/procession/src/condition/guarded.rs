//! The lock that goes with a condition.

use std::mem;

use procession_arena::{Error, Handle};
use procession_cluster::condition::Guarded as GuardedOnServer;
use procession_cluster::lock::Taken as TakenOnServer;
use procession_objects::{Lock as LockCore, ReentrantLock, Taken};

use crate::attachment::Attachment;
use crate::lock::LockHold;
use crate::place::Place;
use crate::{Lock, LockError, LockGuard, RLock, RLockGuard, SharedError};

/// A lock that a [`Condition`](crate::Condition) can go with: [`Lock`] or [`RLock`].
pub trait ConditionLock: Clone + sealed::Guarded {}

impl ConditionLock for Lock {}
impl ConditionLock for RLock {}

/// Why a lock was not acquired, or the guard of one that was abandoned.
pub(super) type Refusal<'a, L> = LockError<<L as sealed::Guarded>::Guard<'a>>;

/// A lock as the floor below knows it; not for direct use.
pub enum LockPlace<'a> {
    /// In memory.
    Lock(&'a LockCore),
    /// In memory, and reentrant.
    Reentrant(&'a ReentrantLock),
    /// On a server.
    Server(GuardedOnServer),
}

pub(super) mod sealed {
    use super::{Error, GuardedOnServer, Handle, LockPlace, SharedError, Taken, TakenOnServer};

    /// What a condition needs of its lock; not for direct use.
    pub trait Guarded: Sized {
        /// The right to be inside.
        type Guard<'a>
        where
            Self: 'a;

        /// Takes hold of the lock in memory.
        ///
        /// # Errors
        ///
        /// Those of the floor below.
        fn attach(handle: Handle) -> Result<Self, Error>;

        /// The lock on a server, if it is this kind of lock.
        ///
        /// # Errors
        ///
        /// It is the other kind.
        fn of_server(guarded: &GuardedOnServer) -> Result<Self, SharedError>;

        /// The lock as the floor below knows it.
        fn place(&self) -> LockPlace<'_>;

        /// Whether a guard is of that lock.
        fn is_of(guard: &Self::Guard<'_>, lock: &Self) -> bool;

        /// The lock that a guard is of; the guard is taken apart, and its hold goes on.
        fn disarm<'a>(guard: Self::Guard<'a>) -> &'a Self
        where
            Self: 'a;

        /// A guard for a hold in memory.
        fn arm(&self, taken: Taken) -> Self::Guard<'_>;

        /// A guard for a hold on a server.
        fn arm_on_server(&self, taken: TakenOnServer) -> Self::Guard<'_>;
    }
}

fn other_kind() -> SharedError {
    SharedError::Session {
        reason: "the condition goes with the other kind of lock".to_owned(),
    }
}

/// Whether both are the same lock.
fn are_same(one: &LockPlace<'_>, other: &LockPlace<'_>) -> bool {
    match (one, other) {
        (LockPlace::Lock(one), LockPlace::Lock(other)) => one.handle() == other.handle(),
        (LockPlace::Reentrant(one), LockPlace::Reentrant(other)) => one.handle() == other.handle(),
        (LockPlace::Server(one), LockPlace::Server(other)) => {
            let (one, other) = (one.object(), other.object());
            one.name() == other.name() && one.cluster() == other.cluster()
        }
        _ => false,
    }
}

impl sealed::Guarded for Lock {
    type Guard<'a> = LockGuard<'a>;

    fn attach(handle: Handle) -> Result<Lock, Error> {
        Attachment::new(|me| LockCore::attach(me, handle)).map(Lock::of)
    }

    fn of_server(guarded: &GuardedOnServer) -> Result<Lock, SharedError> {
        match guarded {
            GuardedOnServer::Lock(lock) => Ok(Lock {
                place: Place::Server(lock.clone()),
            }),
            GuardedOnServer::Reentrant(_) => Err(other_kind()),
        }
    }

    fn place(&self) -> LockPlace<'_> {
        match &self.place {
            Place::Memory(lock) => LockPlace::Lock(lock.object()),
            Place::Server(lock) => LockPlace::Server(GuardedOnServer::Lock(lock.clone())),
        }
    }

    fn is_of(guard: &LockGuard<'_>, lock: &Lock) -> bool {
        are_same(&guard.lock().place(), &lock.place())
    }

    fn disarm<'a>(guard: LockGuard<'a>) -> &'a Lock
    where
        Lock: 'a,
    {
        guard.disarm()
    }

    fn arm(&self, taken: Taken) -> LockGuard<'_> {
        self.guard(LockHold::Memory(taken.hold))
    }

    fn arm_on_server(&self, taken: TakenOnServer) -> LockGuard<'_> {
        self.guard(LockHold::Server(taken.hold))
    }
}

impl sealed::Guarded for RLock {
    type Guard<'a> = RLockGuard<'a>;

    fn attach(handle: Handle) -> Result<RLock, Error> {
        Attachment::new(|me| ReentrantLock::attach(me, handle)).map(RLock::of)
    }

    fn of_server(guarded: &GuardedOnServer) -> Result<RLock, SharedError> {
        match guarded {
            GuardedOnServer::Reentrant(lock) => Ok(RLock {
                place: Place::Server(lock.clone()),
            }),
            GuardedOnServer::Lock(_) => Err(other_kind()),
        }
    }

    fn place(&self) -> LockPlace<'_> {
        match &self.place {
            Place::Memory(lock) => LockPlace::Reentrant(lock.object()),
            Place::Server(lock) => LockPlace::Server(GuardedOnServer::Reentrant(lock.clone())),
        }
    }

    fn is_of(guard: &RLockGuard<'_>, lock: &RLock) -> bool {
        are_same(&guard.lock().place(), &lock.place())
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

    fn arm_on_server(&self, _taken: TakenOnServer) -> RLockGuard<'_> {
        self.guard()
    }
}
