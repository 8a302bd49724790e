//! Locks and their kin on a server.

use super::Cluster;
use crate::{
    Barrier, BoundedSemaphore, Condition, ConditionLock, Lock, RLock, Semaphore, SharedError,
};

impl Cluster {
    /// A [`Lock`] that nobody holds, or the one of that name, whoever holds it.
    ///
    /// # Errors
    ///
    /// [`SharedError::Cluster`] if the server cannot be used, or the lock of that name is an [`RLock`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # let cluster = procession::connect("redis://127.0.0.1")?;
    /// let lock = cluster.lock("nightly report")?;
    /// let guard = lock.lock()?; // nobody else is at it, on whatever machine
    /// # drop(guard);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn lock<'n>(&self, name: impl Into<Option<&'n str>>) -> Result<Lock, SharedError> {
        Lock::on_server(&self.core, name.into())
    }

    /// An [`RLock`] that nobody holds, or the one of that name, whoever holds it.
    ///
    /// # Errors
    ///
    /// [`SharedError::Cluster`] if the server cannot be used, or the lock of that name is a [`Lock`].
    pub fn rlock<'n>(&self, name: impl Into<Option<&'n str>>) -> Result<RLock, SharedError> {
        RLock::on_server(&self.core, name.into())
    }

    /// A [`Condition`] that goes with a lock of the same cluster, or the one of that name.
    ///
    /// # Errors
    ///
    /// [`SharedError::Cluster`] if the server cannot be used, or the condition of that name goes with another lock;
    /// [`SharedError::Session`] if the lock is not on the same server.
    pub fn condition<'n, L: ConditionLock>(
        &self,
        name: impl Into<Option<&'n str>>,
        lock: &L,
    ) -> Result<Condition<L>, SharedError> {
        Condition::on_server(&self.core, name.into(), lock)
    }

    /// A [`Semaphore`] with so many permits, or the one of that name; [`SemaphoreBuilder::build_on`](crate::SemaphoreBuilder::build_on) says
    /// more about it.
    ///
    /// # Errors
    ///
    /// [`SharedError::Cluster`] if the server cannot be used, or the semaphore of that name was created in another way.
    pub fn semaphore<'n>(
        &self,
        name: impl Into<Option<&'n str>>,
        permits: u32,
    ) -> Result<Semaphore, SharedError> {
        Semaphore::builder(permits).build_on(self, name)
    }

    /// A [`BoundedSemaphore`] with so many permits, or the one of that name.
    ///
    /// # Errors
    ///
    /// As [`semaphore`](Self::semaphore).
    pub fn bounded_semaphore<'n>(
        &self,
        name: impl Into<Option<&'n str>>,
        permits: u32,
    ) -> Result<BoundedSemaphore, SharedError> {
        BoundedSemaphore::on_server(self, name.into(), permits)
    }

    /// A [`Barrier`] for so many threads, or the one of that name.
    ///
    /// # Errors
    ///
    /// [`SharedError::Cluster`] if the server cannot be used, or the barrier of that name is for another number;
    /// [`SharedError::Session`] if there are to be more than 65,535.
    pub fn barrier<'n>(
        &self,
        name: impl Into<Option<&'n str>>,
        parties: usize,
    ) -> Result<Barrier, SharedError> {
        Barrier::on_server(&self.core, name.into(), parties)
    }
}
