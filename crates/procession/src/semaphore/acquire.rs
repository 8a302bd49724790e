//! Acquiring a permit.

use std::time::Duration;

use procession_arena::{Error, Wait};

use super::{Permit, Semaphore};
use crate::SharedError;
use crate::deadline::until;
use crate::lock_error::unless_unwilling;
use crate::place::Place;

impl Semaphore {
    /// Acquires a permit; waits while none is free.
    ///
    /// Who waits longest is not served first: whoever comes by takes a free permit.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged; [`SharedError::Cluster`] if the server cannot be used.
    ///
    /// # If a process dies
    ///
    /// While it waits: nobody else is affected. With the permit: see [`Semaphore`].
    ///
    /// # Examples
    ///
    /// ```
    /// let semaphore = procession::Semaphore::new(1)?;
    /// let permit = semaphore.acquire()?;
    /// assert_eq!(semaphore.value()?, 0);
    /// drop(permit);
    /// assert_eq!(semaphore.value()?, 1);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn acquire(&self) -> Result<Permit<'_>, SharedError> {
        self.take(Wait::Forever)
    }

    /// Acquires a permit if one is free now.
    ///
    /// # Errors
    ///
    /// [`SharedError::WouldBlock`], and those of [`acquire`](Semaphore::acquire).
    pub fn try_acquire(&self) -> Result<Permit<'_>, SharedError> {
        self.take(Wait::Never)
    }

    /// Acquires a permit; waits at most for `timeout` while none is free.
    ///
    /// # Errors
    ///
    /// [`SharedError::TimedOut`], and those of [`acquire`](Semaphore::acquire).
    pub fn acquire_timeout(&self, timeout: Duration) -> Result<Permit<'_>, SharedError> {
        self.take(until(timeout))
    }

    fn take(&self, wait: Wait) -> Result<Permit<'_>, SharedError> {
        match &self.place {
            Place::Memory(semaphore) => {
                match semaphore.with(|semaphore, me| semaphore.acquire(me, wait)) {
                    Ok(()) => Ok(Permit::of(self, None)),
                    Err(Error::TimedOut) if wait == Wait::Never => Err(SharedError::WouldBlock),
                    Err(error) => Err(error.into()),
                }
            }
            Place::Server(semaphore) => match semaphore.acquire(wait) {
                Ok(permit) => Ok(Permit::of(self, Some(permit))),
                Err(error) => Err(unless_unwilling(error, wait)),
            },
        }
    }
}
