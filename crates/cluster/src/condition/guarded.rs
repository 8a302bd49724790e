//! The lock that goes with a condition.

use procession_arena::Wait;

use crate::SyncError;
use crate::lock::{Lock, Taken};
use crate::object::Object;
use crate::reentrant_lock::ReentrantLock;

/// The lock that goes with a condition.
#[derive(Clone, Debug)]
pub enum Guarded {
    /// A lock, of which this process has one hold at most.
    Lock(Lock),
    /// A lock of which this thread may have any number of holds.
    Reentrant(ReentrantLock),
}

impl Guarded {
    /// The object on the server.
    pub fn object(&self) -> &Object {
        match self {
            Guarded::Lock(lock) => lock.object(),
            Guarded::Reentrant(lock) => lock.object(),
        }
    }

    /// Makes sure that this process, or this thread, believes to hold it.
    pub(super) fn check_held(&self) -> Result<(), SyncError> {
        let holder = match self {
            Guarded::Lock(lock) if lock.own_hold().is_none() => lock.holder()?,
            Guarded::Reentrant(lock) if lock.own_hold().is_none() => lock.holder()?,
            Guarded::Lock(_) | Guarded::Reentrant(_) => return Ok(()),
        };
        Err(SyncError::not_held(holder))
    }

    /// Ends all holds; says how many there were.
    pub(super) fn release(&self) -> Result<u32, SyncError> {
        match self {
            Guarded::Lock(lock) => {
                let hold = lock.own_hold().ok_or(SyncError::NotHeld)?;
                match lock.release_hold(&hold)? {
                    true => Ok(1),
                    false => Err(SyncError::NotHeld),
                }
            }
            Guarded::Reentrant(lock) => lock.release_wholly(),
        }
    }

    /// Acquires it again, so that there are as many holds as before.
    pub(super) fn acquire(&self, depth: u32) -> Result<Taken, SyncError> {
        match self {
            Guarded::Lock(lock) => lock.acquire(Wait::Forever),
            Guarded::Reentrant(lock) => lock.acquire_so_often(depth, Wait::Forever),
        }
    }
}
