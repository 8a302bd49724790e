//! What can go wrong when a lock is to be acquired.

use std::error::Error;
use std::fmt;

use procession_arena::{Error as ArenaError, Wait};
use procession_cluster::SyncError;
use procession_cluster::lock::Taken as TakenOnServer;
use procession_objects::Taken;

use crate::SharedError;

/// Why a lock was not acquired; or that it was, and its last holder had died.
///
/// A death is told once: whoever is told decides what becomes of what the lock guards. With `?` in a
/// function that returns a [`SharedError`] or a `Box<dyn Error>` both are errors, and the lock is released
/// again; nobody else is told then. To go on with the lock of a dead holder, after a look at what the lock
/// guards, take the guard out: [`into_guard`](LockError::into_guard).
#[non_exhaustive]
pub enum LockError<G> {
    /// The lock is acquired, but the process that held it before ended without releasing it: what it
    /// guards may be half changed. Exactly one of those who come after is told. The number is its pid, for a lock on a server that on its own
    /// machine.
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

/// What came of an attempt to acquire a lock, of whose guard `guard` makes one.
pub(crate) fn outcome<G>(
    taken: Result<Taken, ArenaError>,
    wait: Wait,
    guard: impl FnOnce(&Taken) -> G,
) -> Result<G, LockError<G>> {
    match taken {
        Ok(taken) => match (guard(&taken), taken.abandoned_by) {
            (guard, None) => Ok(guard),
            (guard, Some(pid)) => Err(LockError::Abandoned(guard, pid)),
        },
        Err(ArenaError::TimedOut) if wait == Wait::Never => {
            Err(LockError::Failed(SharedError::WouldBlock))
        }
        Err(error) => Err(LockError::Failed(error.into())),
    }
}

/// What came of an attempt to acquire a lock on a server.
pub(crate) fn outcome_on_server<G>(
    taken: Result<TakenOnServer, SyncError>,
    wait: Wait,
    guard: impl FnOnce(&TakenOnServer) -> G,
) -> Result<G, LockError<G>> {
    match taken {
        Ok(taken) => match (guard(&taken), taken.abandoned_by) {
            (guard, None) => Ok(guard),
            (guard, Some(former)) => {
                tracing::warn!(pid = former.pid, host = former.host, "a lock was abandoned");
                Err(LockError::Abandoned(guard, former.pid))
            }
        },
        Err(error) => Err(LockError::Failed(unless_unwilling(error, wait))),
    }
}

/// An error of something that was to be acquired: who did not want to wait is told so.
pub(crate) fn unless_unwilling(error: SyncError, wait: Wait) -> SharedError {
    match error {
        SyncError::TimedOut if wait == Wait::Never => SharedError::WouldBlock,
        error => error.into(),
    }
}

impl From<SyncError> for SharedError {
    fn from(error: SyncError) -> SharedError {
        match error {
            SyncError::TimedOut => SharedError::TimedOut,
            SyncError::NotHeld => SharedError::NotHeld,
            SyncError::HeldByAnother { pid, .. } => SharedError::HeldByAnother { pid },
            SyncError::ReleasedTooOften { bound } => SharedError::ReleasedTooOften { bound },
            SyncError::BrokenBarrier => SharedError::BrokenBarrier,
            SyncError::Cluster(error) => SharedError::Cluster(error),
            other => SharedError::Session {
                reason: other.to_string(),
            },
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

// No `impl Error`: an error that borrows the lock could not leave a function as `Box<dyn Error>`, and `?`
// is to work there.

impl<G> From<LockError<G>> for Box<dyn Error> {
    fn from(error: LockError<G>) -> Box<dyn Error> {
        SharedError::from(error).into()
    }
}

impl<G> From<LockError<G>> for Box<dyn Error + Send + Sync> {
    fn from(error: LockError<G>) -> Box<dyn Error + Send + Sync> {
        SharedError::from(error).into()
    }
}
