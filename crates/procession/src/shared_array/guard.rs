//! The lock of an array.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use procession_arena::{Error, Wait};
use procession_objects::{Hold, Taken};

use super::SharedArray;
use crate::deadline::until;
use crate::place::Place;
use crate::{Holder, LockError, SharedError};

/// The right of the array's [`lock`](SharedArray::lock); given back when dropped.
///
/// It leads to the array, whose methods it does not change: the lock keeps nobody from the elements who
/// does not acquire it as well.
#[must_use = "the lock is released at once if the guard is dropped"]
pub struct ArrayGuard<'a, T> {
    array: &'a SharedArray<T>,
    hold: Hold,
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
        self.acquire(Wait::Never).map_err(|error| match error {
            LockError::Failed(SharedError::TimedOut) => LockError::Failed(SharedError::WouldBlock),
            error => error,
        })
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
            Place::Server(_) => Err(SharedError::NotInMemory),
        }
    }

    fn acquire(&self, wait: Wait) -> Result<ArrayGuard<'_, T>, LockError<ArrayGuard<'_, T>>> {
        let array = match &self.place {
            Place::Memory(array) => array,
            Place::Server(_) => return Err(LockError::Failed(SharedError::NotInMemory)),
        };
        let taken: Result<Taken, Error> = array.with(|core, me| core.acquire(me, wait));
        let taken = taken.map_err(|error| LockError::Failed(error.into()))?;
        let guard = ArrayGuard {
            array: self,
            hold: taken.hold,
        };
        match taken.abandoned_by {
            None => Ok(guard),
            Some(pid) => Err(LockError::Abandoned(guard, pid)),
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
        let hold = self.hold;
        let Place::Memory(array) = &self.array.place else {
            return;
        };
        if let Err(error) = array.with(|core, me| core.release_hold(me, hold)) {
            tracing::warn!(%error, "the lock of an array could not be released");
        }
    }
}

impl<T> fmt::Debug for ArrayGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ArrayGuard").field(self.array).finish()
    }
}
