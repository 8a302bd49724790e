//! The lock of an array.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use procession_arena::Wait;

use super::SharedArray;
use crate::deadline::until;
use crate::lock::LockHold;
use crate::lock_error::{outcome, outcome_on_server};
use crate::place::Place;
use crate::{Holder, LockError, SharedError};

/// The right of the array's [`lock`](SharedArray::lock); given back when dropped.
///
/// It leads to the array, whose methods it does not change: the lock keeps nobody from the elements who
/// does not acquire it as well.
#[must_use = "the lock is released at once if the guard is dropped"]
pub struct ArrayGuard<'a, T> {
    array: &'a SharedArray<T>,
    hold: LockHold,
}

impl<T> SharedArray<T> {
    /// Acquires the array's lock; waits while another process or thread holds it.
    ///
    /// A thread that holds it already waits for itself.
    ///
    /// # Errors
    ///
    /// [`LockError::Abandoned`] if the process that held it ended without releasing it: the guard is in
    /// the error, and the elements may be half changed. [`LockError::Failed`] with
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
    /// use procession::{SharedArray, SharedError};
    ///
    /// /// Takes from one account and gives to another: both or neither, as others see it who lock.
    /// fn transfer(accounts: &SharedArray<i64>, amount: i64) -> Result<(), SharedError> {
    ///     let accounts = accounts.lock()?;
    ///     accounts.set(0, accounts.get(0)? - amount)?;
    ///     accounts.set(1, accounts.get(1)? + amount)
    /// }
    ///
    /// let accounts = SharedArray::from_slice(&[100, 0])?;
    /// transfer(&accounts, 30)?;
    /// assert_eq!(accounts.to_vec()?, [70, 30]);
    /// # Ok::<_, SharedError>(())
    /// ```
    pub fn lock(&self) -> Result<ArrayGuard<'_, T>, LockError<ArrayGuard<'_, T>>> {
        self.acquire(Wait::Forever)
    }

    /// Acquires the array's lock if nobody holds it.
    ///
    /// # Errors
    ///
    /// [`LockError::Failed`] with [`SharedError::WouldBlock`]; and those of
    /// [`lock`](SharedArray::lock).
    pub fn try_lock(&self) -> Result<ArrayGuard<'_, T>, LockError<ArrayGuard<'_, T>>> {
        self.acquire(Wait::Never)
    }

    /// Acquires the array's lock; waits at most for `timeout` while somebody else holds it.
    ///
    /// # Errors
    ///
    /// [`LockError::Failed`] with [`SharedError::TimedOut`]; and those of
    /// [`lock`](SharedArray::lock).
    pub fn lock_timeout(
        &self,
        timeout: Duration,
    ) -> Result<ArrayGuard<'_, T>, LockError<ArrayGuard<'_, T>>> {
        self.acquire(until(timeout))
    }

    /// Whether anybody holds the array's lock at this moment.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn is_locked(&self) -> Result<bool, SharedError> {
        Ok(self.holder()?.is_some())
    }

    /// Who holds the array's lock at this moment.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn holder(&self) -> Result<Option<Holder>, SharedError> {
        match &self.place {
            Place::Memory(array) => {
                let holder = array.with(|core, me| core.holder(me))?;
                Ok(holder.map(Holder::new))
            }
            Place::Server(array) => {
                let holder = array.lock()?.holder()?;
                Ok(holder.map(Holder::on_server))
            }
        }
    }

    fn acquire(&self, wait: Wait) -> Result<ArrayGuard<'_, T>, LockError<ArrayGuard<'_, T>>> {
        let guard = |hold| ArrayGuard { array: self, hold };
        match &self.place {
            Place::Memory(array) => {
                let taken = array.with(|core, me| core.acquire(me, wait));
                outcome(taken, wait, |taken| guard(LockHold::Memory(taken.hold)))
            }
            Place::Server(array) => {
                let lock = array
                    .lock()
                    .map_err(|error| LockError::Failed(error.into()))?;
                outcome_on_server(lock.acquire(wait), wait, |taken| {
                    guard(LockHold::Server(taken.hold.clone()))
                })
            }
        }
    }
}

impl<T> ArrayGuard<'_, T> {
    /// Of an array on a server: a number that is larger for every later acquisition; see [`LockGuard::fence`](crate::LockGuard::fence).
    pub fn fence(&self) -> Option<u64> {
        match &self.hold {
            LockHold::Server(hold) => Some(hold.fence()),
            LockHold::Memory(_) => None,
        }
    }

    /// Whether somebody else may hold the lock by now; see [`LockGuard::is_lost`](crate::LockGuard::is_lost).
    pub fn is_lost(&self) -> bool {
        match &self.hold {
            LockHold::Server(hold) => hold.is_lost(),
            LockHold::Memory(_) => false,
        }
    }
}

impl<T> Deref for ArrayGuard<'_, T> {
    type Target = SharedArray<T>;

    fn deref(&self) -> &SharedArray<T> {
        self.array
    }
}

impl<T> Drop for ArrayGuard<'_, T> {
    fn drop(&mut self) {
        let released = match (&self.array.place, &self.hold) {
            (Place::Memory(array), LockHold::Memory(hold)) => array
                .with(|core, me| core.release_hold(me, *hold))
                .map_err(SharedError::from),
            (Place::Server(array), LockHold::Server(hold)) => array
                .lock()
                .and_then(|lock| lock.release_hold(hold))
                .map_err(SharedError::from),
            // No hold is of another place than its array.
            (Place::Memory(_) | Place::Server(_), _) => return,
        };
        if let Err(error) = released {
            tracing::warn!(%error, "the lock of an array could not be released");
        }
    }
}

impl<T> fmt::Debug for ArrayGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ArrayGuard").field(self.array).finish()
    }
}
