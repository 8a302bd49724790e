//! What can go wrong when a lock is to be acquired.

use std::error::Error;
use std::fmt;

use crate::SharedError;

/// Why a lock was not acquired; or that it was, and its last holder had died.
///
/// With `?` in a function that returns a [`SharedError`] both are errors, and the lock is released again. To
/// go on with the lock of a dead holder, after a look at what the lock guards, take the guard out:
/// [`into_guard`](LockError::into_guard).
#[non_exhaustive]
pub enum LockError<G> {
    /// The lock is acquired, but the process that held it before ended without releasing it: what it
    /// guards may be half changed. Exactly one of those who come after is told.
    Abandoned(G, u32),
    /// The lock is not acquired.
    Failed(SharedError),
}

impl<G> LockError<G> {
    /// The guard, if the lock is acquired.
    ///
    /// # Errors
    ///
    /// Why it is not.
    pub fn into_guard(self) -> Result<G, SharedError> {
        match self {
            LockError::Abandoned(guard, _) => Ok(guard),
            LockError::Failed(error) => Err(error),
        }
    }
}

impl<G> From<LockError<G>> for SharedError {
    fn from(error: LockError<G>) -> SharedError {
        match error {
            LockError::Abandoned(_, pid) => SharedError::Abandoned { pid },
            LockError::Failed(error) => error,
        }
    }
}

impl<G> fmt::Display for LockError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LockError::Abandoned(_, pid) => SharedError::Abandoned { pid: *pid }.fmt(f),
            LockError::Failed(error) => error.fmt(f),
        }
    }
}

impl<G> fmt::Debug for LockError<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LockError::Abandoned(_, pid) => f.debug_struct("Abandoned").field("pid", pid).finish(),
            LockError::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}

impl<G> Error for LockError<G> {}
