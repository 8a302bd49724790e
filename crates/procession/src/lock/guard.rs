//! Acquiring a lock, and releasing it.

use std::fmt;
use std::time::Duration;

use procession_arena::Wait;
use procession_cluster::lock::Hold as HoldOnServer;
use procession_objects::Hold;

use super::Lock;
use crate::deadline::until;
use crate::lock_error::{outcome, outcome_on_server};
use crate::place::Place;
use crate::{LockError, SharedError};

/// The right to be where a [`Lock`] lets one process at a time; released when dropped.
///
/// It may be dropped by another thread than the one that acquired the lock. One that is forgotten
/// ([`std::mem::forget`]) leaves the lock held, until somebody calls [`Lock::release`].
#[must_use = "the lock is released at once if the guard is dropped"]
pub struct LockGuard<'a> {
    lock: &'a Lock,
    /// `None` if it goes on without this guard.
    hold: Option<LockHold>,
}

/// One acquisition of a lock, where the lock is.
pub(crate) enum LockHold {
    Memory(Hold),
    Server(HoldOnServer),
}

impl Lock {
    /// Acquires the lock; waits while somebody else holds it.
    ///
    /// A thread that holds it already waits for itself: for that there is [`RLock`](crate::RLock). Who
    /// waits longest is not served first.
    ///
    /// # Errors
    ///
    /// [`LockError::Abandoned`] if the process that held it ended without releasing it: the guard is in
    /// the error, and what the lock guards may be half changed. [`LockError::Failed`] with
    /// [`SharedError::Session`] if the session's memory is damaged; with [`SharedError::Cluster`] if the server
    /// cannot be used.
    ///
    /// # If a process dies
    ///
    /// As holder: whoever acquires the lock next gets it at once, and is told. While it waits: nobody
    /// else is affected.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Lock, LockError};
    ///
    /// let lock = Lock::new()?;
    /// let guard = match lock.lock() {
    ///     Ok(guard) => guard,
    ///     // Whoever died here: what the lock guards is looked at, and put right.
    ///     Err(error @ LockError::Abandoned(..)) => error.into_guard()?,
    ///     Err(error) => return Err(error.into()),
    /// };
    /// assert!(lock.is_locked()?);
    /// drop(guard);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn lock(&self) -> Result<LockGuard<'_>, LockError<LockGuard<'_>>> {
        self.acquire(Wait::Forever)
    }

    /// Acquires the lock if nobody holds it.
    ///
    /// # Errors
    ///
    /// [`LockError::Failed`] with [`SharedError::WouldBlock`], and those of [`lock`](Lock::lock).
    pub fn try_lock(&self) -> Result<LockGuard<'_>, LockError<LockGuard<'_>>> {
        self.acquire(Wait::Never)
    }

    /// Acquires the lock; waits at most for `timeout` while somebody else holds it.
    ///
    /// # Errors
    ///
    /// [`LockError::Failed`] with [`SharedError::TimedOut`], and those of [`lock`](Lock::lock).
    pub fn lock_timeout(
        &self,
        timeout: Duration,
    ) -> Result<LockGuard<'_>, LockError<LockGuard<'_>>> {
        self.acquire(until(timeout))
    }

    #[inline]
    fn acquire(&self, wait: Wait) -> Result<LockGuard<'_>, LockError<LockGuard<'_>>> {
        match &self.place {
            Place::Memory(lock) => {
                let taken = lock.with(|lock, me| lock.acquire(me, wait));
                outcome(taken, wait, |taken| {
                    self.guard(LockHold::Memory(taken.hold))
                })
            }
            Place::Server(lock) => outcome_on_server(lock.acquire(wait), wait, |taken| {
                self.guard(LockHold::Server(taken.hold.clone()))
            }),
        }
    }

    pub(crate) fn guard(&self, hold: LockHold) -> LockGuard<'_> {
        LockGuard {
            lock: self,
            hold: Some(hold),
        }
    }

    /// Releases the lock, whoever holds it, in whatever process.
    ///
    /// That is for a lock whose guard was forgotten, so that one process acquires it and another
    /// one releases it. A guard that still exists somewhere then releases nothing, unless its own thread
    /// has acquired the lock once more: then it releases that.
    ///
    /// # Errors
    ///
    /// [`SharedError::NotHeld`] if nobody holds it, or whoever held it has died; [`SharedError::Cluster`] if the server cannot be used, or this
    /// process held it until its lease ran out.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Lock, SharedError};
    ///
    /// let lock = Lock::new()?;
    /// std::mem::forget(lock.lock()?);
    /// lock.release()?;
    /// assert_eq!(lock.release(), Err(SharedError::NotHeld));
    /// # Ok::<_, SharedError>(())
    /// ```
    pub fn release(&self) -> Result<(), SharedError> {
        match &self.place {
            Place::Memory(lock) => Ok(lock.with(|lock, me| lock.release(me))?),
            Place::Server(lock) => Ok(lock.release()?),
        }
    }
}

impl<'a> LockGuard<'a> {
    /// The lock that it is of.
    pub fn lock(&self) -> &'a Lock {
        self.lock
    }

    /// Of a lock on a server: a number that is larger for every later acquisition. `None` in memory, where nobody can believe to hold a lock that
    /// somebody else holds.
    ///
    /// Whatever the lock guards and knows the largest number it has seen can refuse what comes with a smaller one: from a holder that was stopped, or cut
    /// off from the server, for longer than its lease, and does not know it yet.
    pub fn fence(&self) -> Option<u64> {
        match &self.hold {
            Some(LockHold::Server(hold)) => Some(hold.fence()),
            Some(LockHold::Memory(_)) | None => None,
        }
    }

    /// Whether somebody else may hold the lock by now: the server has not heard from this process for almost as long as a lease, or has
    /// said so. Never in memory.
    ///
    /// It costs nothing to ask, and is known before the lease ends, also while the server cannot be reached. It is false again if the server is back in time.
    pub fn is_lost(&self) -> bool {
        match &self.hold {
            Some(LockHold::Server(hold)) => hold.is_lost(),
            Some(LockHold::Memory(_)) | None => false,
        }
    }
}

impl<'a> LockGuard<'a> {
    /// Takes the guard apart; its hold goes on.
    pub(crate) fn disarm(mut self) -> &'a Lock {
        self.hold = None;
        self.lock
    }
}

impl Drop for LockGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        match (&self.lock.place, &self.hold) {
            (Place::Memory(lock), Some(LockHold::Memory(hold))) => {
                let released = lock.with(|lock, me| lock.release_hold(me, *hold));
                if let Err(error) = released {
                    tracing::warn!(%error, "a lock could not be released");
                }
            }
            (Place::Server(lock), Some(LockHold::Server(hold))) => {
                if let Err(error) = lock.release_hold(hold) {
                    tracing::warn!(%error, "a lock on a server could not be released");
                }
            }
            // It was taken apart; no hold is of another place than its lock.
            (Place::Memory(_) | Place::Server(_), _) => {}
        }
    }
}

impl fmt::Debug for LockGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LockGuard").field(self.lock).finish()
    }
}
