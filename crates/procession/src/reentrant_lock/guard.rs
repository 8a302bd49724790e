//! Acquiring a reentrant lock, and releasing it.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use procession_arena::Wait;

use super::RLock;
use crate::deadline::until;
use crate::lock_error::{outcome, outcome_on_server};
use crate::place::Place;
use crate::{LockError, SharedError};

/// One of the holds that a thread has of an [`RLock`]; released when dropped.
///
/// It stays in its thread, since no other one can release it:
///
/// ```compile_fail
/// fn is_send<T: Send>() {}
/// is_send::<procession::RLockGuard<'static>>();
/// ```
#[must_use = "the lock is released at once if the guard is dropped"]
pub struct RLockGuard<'a> {
    lock: &'a RLock,
    stays_in_its_thread: PhantomData<*const ()>,
}

impl RLock {
    /// Acquires the lock, once more if this thread holds it already; waits while another thread does.
    ///
    /// # Errors
    ///
    /// [`LockError::Abandoned`] if the thread that held it ended without releasing it, with its process
    /// or by itself: the guard is in the error, and what the lock guards may be half changed.
    /// [`LockError::Failed`] with [`SharedError::Session`] if the session's memory is damaged, or the
    /// thread has acquired the lock four billion times; with [`SharedError::Cluster`] if the server cannot be used, or the lease of
    /// this thread's hold has run out.
    ///
    /// # If a process dies
    ///
    /// As holder: whoever acquires the lock next gets it at once, and is told. While it waits: nobody
    /// else is affected.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = procession::RLock::new()?;
    /// let outer = lock.lock()?;
    /// let inner = lock.lock()?;
    /// assert_eq!(lock.depth()?, 2);
    /// drop((outer, inner));
    /// assert_eq!(lock.depth()?, 0);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn lock(&self) -> Result<RLockGuard<'_>, LockError<RLockGuard<'_>>> {
        self.acquire(Wait::Forever)
    }

    /// Acquires the lock if no other thread holds it.
    ///
    /// # Errors
    ///
    /// [`LockError::Failed`] with [`SharedError::WouldBlock`], and those of [`lock`](RLock::lock).
    pub fn try_lock(&self) -> Result<RLockGuard<'_>, LockError<RLockGuard<'_>>> {
        self.acquire(Wait::Never)
    }

    /// Acquires the lock; waits at most for `timeout` while another thread holds it.
    ///
    /// # Errors
    ///
    /// [`LockError::Failed`] with [`SharedError::TimedOut`], and those of [`lock`](RLock::lock).
    pub fn lock_timeout(
        &self,
        timeout: Duration,
    ) -> Result<RLockGuard<'_>, LockError<RLockGuard<'_>>> {
        self.acquire(until(timeout))
    }

    #[inline]
    fn acquire(&self, wait: Wait) -> Result<RLockGuard<'_>, LockError<RLockGuard<'_>>> {
        match &self.place {
            Place::Memory(lock) => {
                let taken = lock.with(|lock, me| lock.acquire(me, wait));
                outcome(taken, wait, |_| self.guard())
            }
            Place::Server(lock) => outcome_on_server(lock.acquire(wait), wait, |_| self.guard()),
        }
    }

    pub(crate) fn guard(&self) -> RLockGuard<'_> {
        RLockGuard {
            lock: self,
            stays_in_its_thread: PhantomData,
        }
    }

    /// Ends one hold of this thread whose guard was forgotten ([`std::mem::forget`]).
    ///
    /// # Errors
    ///
    /// [`SharedError::NotHeld`] if nobody holds the lock, or whoever held it has ended;
    /// [`SharedError::HeldByAnother`] if another thread does; [`SharedError::Cluster`] if the server cannot be used, or the lease of this thread's
    /// hold has run out.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{RLock, SharedError};
    ///
    /// let lock = RLock::new()?;
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

impl<'a> RLockGuard<'a> {
    /// The lock that it is of.
    pub fn lock(&self) -> &'a RLock {
        self.lock
    }

    /// Of a lock on a server: a number that is larger for every later holder; see [`LockGuard::fence`](crate::LockGuard::fence).
    pub fn fence(&self) -> Option<u64> {
        match &self.lock.place {
            Place::Memory(_) => None,
            Place::Server(lock) => lock.own_hold().map(|hold| hold.fence()),
        }
    }

    /// Whether another thread may hold the lock by now; see [`LockGuard::is_lost`](crate::LockGuard::is_lost).
    pub fn is_lost(&self) -> bool {
        match &self.lock.place {
            Place::Memory(_) => false,
            Place::Server(lock) => lock.own_hold().is_none_or(|hold| hold.is_lost()),
        }
    }
}

impl Drop for RLockGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Err(error) = self.lock.release() {
            tracing::warn!(%error, "a reentrant lock could not be released");
        }
    }
}

impl fmt::Debug for RLockGuard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RLockGuard").field(self.lock).finish()
    }
}
