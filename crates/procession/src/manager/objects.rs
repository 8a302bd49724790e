//! The shared objects that a manager makes.

use bytemuck::Pod;
use serde::Serialize;

use super::Manager;
use crate::{
    Barrier, BoundedSemaphore, Condition, Dict, Event, JoinableQueue, List, Lock, Namespace, Queue,
    QueueError, RLock, Semaphore, SharedArray, SharedError, Value,
};

/// Objects in shared memory. Each is what its type's own `new` makes, and lives as long as somebody uses it;
/// the manager adds that none is made any more once it was shut down.
impl Manager {
    /// Makes an empty [`Dict`].
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object.
    pub fn dict<K, V>(&self) -> Result<Dict<K, V>, SharedError> {
        self.refuse_if_shut_down()?;
        Dict::new()
    }

    /// Makes an empty [`List`].
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object.
    pub fn list<T>(&self) -> Result<List<T>, SharedError> {
        self.refuse_if_shut_down()?;
        List::new()
    }

    /// Makes an empty [`Namespace`].
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object.
    pub fn namespace(&self) -> Result<Namespace, SharedError> {
        self.refuse_if_shut_down()?;
        Namespace::new()
    }

    /// Makes a [`Value`].
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object; [`SharedError::Encode`] if it cannot be serialized.
    pub fn value<T: Serialize + 'static>(&self, initial: T) -> Result<Value<T>, SharedError> {
        self.refuse_if_shut_down()?;
        Value::new(initial)
    }

    /// Makes a [`SharedArray`] of `len` times `element`.
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object.
    pub fn array<T: Pod>(&self, len: usize, element: T) -> Result<SharedArray<T>, SharedError> {
        self.refuse_if_shut_down()?;
        SharedArray::new(len, element)
    }

    /// Makes a [`Lock`].
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object.
    pub fn lock(&self) -> Result<Lock, SharedError> {
        self.refuse_if_shut_down()?;
        Lock::new()
    }

    /// Makes a reentrant lock, an [`RLock`].
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object.
    pub fn rlock(&self) -> Result<RLock, SharedError> {
        self.refuse_if_shut_down()?;
        RLock::new()
    }

    /// Makes a [`Condition`] that goes with `lock`.
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object.
    pub fn condition(&self, lock: &Lock) -> Result<Condition, SharedError> {
        self.refuse_if_shut_down()?;
        Condition::new(lock)
    }

    /// Makes a [`Semaphore`].
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object.
    pub fn semaphore(&self, permits: u32) -> Result<Semaphore, SharedError> {
        self.refuse_if_shut_down()?;
        Semaphore::new(permits)
    }

    /// Makes a [`BoundedSemaphore`].
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object.
    pub fn bounded_semaphore(&self, permits: u32) -> Result<BoundedSemaphore, SharedError> {
        self.refuse_if_shut_down()?;
        BoundedSemaphore::new(permits)
    }

    /// Makes an [`Event`] that is not set.
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object.
    pub fn event(&self) -> Result<Event, SharedError> {
        self.refuse_if_shut_down()?;
        Event::new()
    }

    /// Makes a [`Barrier`] at which `parties` meet.
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object.
    pub fn barrier(&self, parties: usize) -> Result<Barrier, SharedError> {
        self.refuse_if_shut_down()?;
        Barrier::new(parties)
    }

    /// Makes a [`Queue`] without a bound.
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object.
    pub fn queue<T>(&self) -> Result<Queue<T>, SharedError> {
        self.refuse_if_shut_down()?;
        Queue::new().map_err(not_made)
    }

    /// Makes a [`JoinableQueue`] without a bound.
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object.
    pub fn joinable_queue<T>(&self) -> Result<JoinableQueue<T>, SharedError> {
        self.refuse_if_shut_down()?;
        JoinableQueue::new().map_err(not_made)
    }

    fn refuse_if_shut_down(&self) -> Result<(), SharedError> {
        match self.host.is_shut_down()? {
            true => Err(SharedError::ShutDown),
            false => Ok(()),
        }
    }
}

fn not_made(error: QueueError) -> SharedError {
    match error {
        QueueError::OutOfMemory { wanted, cap } => SharedError::OutOfMemory { wanted, cap },
        other => SharedError::Session {
            reason: other.to_string(),
        },
    }
}
