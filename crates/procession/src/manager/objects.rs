//! The shared objects that a manager makes.

use bytemuck::Pod;
use serde::Serialize;

use super::Manager;
use super::place::Place;
use crate::{
    Barrier, BoundedSemaphore, Cluster, Condition, Dict, Event, JoinableQueue, List, Lock,
    Namespace, Queue, QueueError, RLock, Semaphore, SharedArray, SharedError, Value,
};

/// Shared objects. Each is what its type's own `new` makes, or what a method of [`Cluster`] makes without a name, and lives as long as
/// somebody uses it; the manager adds that none is made any more once it was shut down.
impl Manager {
    /// Makes an empty [`Dict`].
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object; [`SharedError::Cluster`] if the server cannot be used.
    pub fn dict<K, V>(&self) -> Result<Dict<K, V>, SharedError> {
        match self.cluster()? {
            None => Dict::new(),
            Some(cluster) => cluster.dict(None),
        }
    }

    /// Makes an empty [`List`].
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object; [`SharedError::Cluster`] if the server cannot be used.
    pub fn list<T>(&self) -> Result<List<T>, SharedError> {
        match self.cluster()? {
            None => List::new(),
            Some(cluster) => cluster.list(None),
        }
    }

    /// Makes an empty [`Namespace`].
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object; [`SharedError::Cluster`] if the server cannot be used.
    pub fn namespace(&self) -> Result<Namespace, SharedError> {
        match self.cluster()? {
            None => Namespace::new(),
            Some(cluster) => cluster.namespace(None),
        }
    }

    /// Makes a [`Value`].
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object; [`SharedError::Cluster`] if the server cannot be used; [`SharedError::Encode`] if it cannot be serialized.
    pub fn value<T: Serialize + 'static>(&self, initial: T) -> Result<Value<T>, SharedError> {
        match self.cluster()? {
            None => Value::new(initial),
            Some(cluster) => cluster.value(None, initial),
        }
    }

    /// Makes a [`SharedArray`] of `len` times `element`.
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object; [`SharedError::Cluster`] if the server cannot be used.
    pub fn array<T: Pod>(&self, len: usize, element: T) -> Result<SharedArray<T>, SharedError> {
        match self.cluster()? {
            None => SharedArray::new(len, element),
            Some(cluster) => cluster.array(None, len, element),
        }
    }

    /// Makes a [`Lock`].
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object; [`SharedError::Cluster`] if the server cannot be used.
    pub fn lock(&self) -> Result<Lock, SharedError> {
        match self.cluster()? {
            None => Lock::new(),
            Some(cluster) => cluster.lock(None),
        }
    }

    /// Makes a reentrant lock, an [`RLock`].
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object; [`SharedError::Cluster`] if the server cannot be used.
    pub fn rlock(&self) -> Result<RLock, SharedError> {
        match self.cluster()? {
            None => RLock::new(),
            Some(cluster) => cluster.rlock(None),
        }
    }

    /// Makes a [`Condition`] that goes with `lock`.
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object; [`SharedError::Cluster`] if the server cannot be used.
    pub fn condition(&self, lock: &Lock) -> Result<Condition, SharedError> {
        match self.cluster()? {
            None => Condition::new(lock),
            Some(cluster) => cluster.condition(None, lock),
        }
    }

    /// Makes a [`Semaphore`].
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object; [`SharedError::Cluster`] if the server cannot be used.
    pub fn semaphore(&self, permits: u32) -> Result<Semaphore, SharedError> {
        match self.cluster()? {
            None => Semaphore::new(permits),
            Some(cluster) => cluster.semaphore(None, permits),
        }
    }

    /// Makes a [`BoundedSemaphore`].
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object; [`SharedError::Cluster`] if the server cannot be used.
    pub fn bounded_semaphore(&self, permits: u32) -> Result<BoundedSemaphore, SharedError> {
        match self.cluster()? {
            None => BoundedSemaphore::new(permits),
            Some(cluster) => cluster.bounded_semaphore(None, permits),
        }
    }

    /// Makes an [`Event`] that is not set.
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object; [`SharedError::Cluster`] if the server cannot be used.
    pub fn event(&self) -> Result<Event, SharedError> {
        match self.cluster()? {
            None => Event::new(),
            Some(cluster) => cluster.event(None),
        }
    }

    /// Makes a [`Barrier`] at which `parties` meet.
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object; [`SharedError::Cluster`] if the server cannot be used.
    pub fn barrier(&self, parties: usize) -> Result<Barrier, SharedError> {
        match self.cluster()? {
            None => Barrier::new(parties),
            Some(cluster) => cluster.barrier(None, parties),
        }
    }

    /// Makes a [`Queue`] without a bound.
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object; [`SharedError::Cluster`] if the server cannot be used.
    pub fn queue<T>(&self) -> Result<Queue<T>, SharedError> {
        match self.cluster()? {
            None => Queue::new().map_err(not_made),
            Some(cluster) => cluster.queue(None).map_err(not_made),
        }
    }

    /// Makes a [`JoinableQueue`] without a bound.
    ///
    /// # Errors
    ///
    /// [`SharedError::ShutDown`]; [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session
    /// has no room for one more object; [`SharedError::Cluster`] if the server cannot be used.
    pub fn joinable_queue<T>(&self) -> Result<JoinableQueue<T>, SharedError> {
        match self.cluster()? {
            None => JoinableQueue::new().map_err(not_made),
            Some(cluster) => cluster.joinable_queue(None).map_err(not_made),
        }
    }

    /// Where it makes objects, if that is on a server, and unless it was shut down.
    fn cluster(&self) -> Result<Option<&Cluster>, SharedError> {
        let (is_shut_down, cluster) = match &self.place {
            Place::Memory(host) => (host.is_shut_down()?, None),
            Place::Server { cluster, end } => (end.is_set()?, Some(cluster)),
        };
        match is_shut_down {
            true => Err(SharedError::ShutDown),
            false => Ok(cluster),
        }
    }
}

fn not_made(error: QueueError) -> SharedError {
    match error {
        QueueError::OutOfMemory { wanted, cap } => SharedError::OutOfMemory { wanted, cap },
        QueueError::Cluster(error) => SharedError::Cluster(error),
        other => SharedError::Session {
            reason: other.to_string(),
        },
    }
}
