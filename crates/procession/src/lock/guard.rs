//! Acquiring a lock, and releasing it.

use std::fmt;
use std::time::Duration;

use procession_arena::Wait;
use procession_objects::Hold;

use super::Lock;
use crate::deadline::until;
use crate::lock_error::outcome;
use crate::{LockError, SharedError};

/// The right to be where a [`Lock`] lets one process at a time; released when dropped.
///
/// It may be dropped by another thread than the one that acquired the lock. One that is forgotten
/// ([`std::mem::forget`]) leaves the lock held, until somebody calls [`Lock::release`].
#[must_use = "the lock is released at once if the guard is dropped"]
pub struct LockGuard<'a> {
    lock: &'a Lock,
    hold: Hold,
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
    /// [`SharedError::Session`] if the session's memory is damaged.
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
        let taken = self.attachment.with(|lock, me| lock.acquire(me, wait));
        outcome(taken, wait, |taken| self.guard(taken.hold))
    }

    pub(crate) fn guard(&self, hold: Hold) -> LockGuard<'_> {
        LockGuard { lock: self, hold }
    }

    /// Releases the lock, whoever holds it, in whatever process.
    ///
    /// That is for a lock whose guard was forgotten, so that one process acquires it and another
    /// one releases it. A guard that still exists somewhere then releases nothing, unless its own thread
    /// has acquired the lock once more: then it releases that.
    ///
    /// # Errors
    ///
    /// [`SharedError::NotHeld`] if nobody holds it, or whoever held it has died.
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
        Ok(self.attachment.with(|lock, me| lock.release(me))?)
    }
}

impl<'a> LockGuard<'a> {
    /// The lock that it is of.
    pub fn lock(&self) -> &'a Lock {
        self.lock
    }
}

impl Drop for LockGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        let hold = self.hold;
        let released = self
            .lock
            .attachment
            .with(|lock, me| lock.release_hold(me, hold));
        if let Err(error) = released {
            tracing::warn!(%error, "a lock could not be released");
        }
    }
}

impl fmt::Debug for LockGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LockGuard").field(self.lock).finish()
    }
}
