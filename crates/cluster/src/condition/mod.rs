//! A condition: waiting, with a lock given up meanwhile, until somebody notifies. The argument is in `README.md`.

mod guarded;
mod line;
#[cfg(test)]
mod script_tests;
mod waiting;

use std::sync::Arc;

use procession_arena::Wait;

use crate::lock::{Lock, Taken};
use crate::object::{Kind, Object};
use crate::reentrant_lock::ReentrantLock;
use crate::{Cluster, ClusterError, SyncError};

pub use guarded::Guarded;
pub(crate) use line::PARTS;
pub use waiting::Waiting;

/// A handle on a condition, and on the lock that goes with it. Clones are the same.
///
/// # If a process dies
///
/// While it waits: the others are not affected; if it was notified and had not returned yet, another one is notified in its place when its
/// lease ends. While it notifies: those that it notified return, all of them or none.
#[derive(Clone, Debug)]
pub struct Condition {
    object: Arc<Object>,
    guarded: Guarded,
}

/// What came of waiting.
#[derive(Clone, Debug)]
pub struct Waited {
    /// Whether it was notified; otherwise the time was over.
    pub notified: bool,
    /// The lock, which it holds again as often as before.
    pub taken: Taken,
}

impl Condition {
    /// Makes a condition that goes with the lock; or attaches to the one of that name.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Mismatch`] if that one goes with another lock, [`ClusterError::Unavailable`] and its like.
    pub fn create(
        cluster: &Cluster,
        name: Option<&str>,
        lock: &Guarded,
    ) -> Result<Condition, ClusterError> {
        let object = Object::new(cluster, Kind::Condition, name)?;
        let reentrant = match lock {
            Guarded::Lock(_) => "0",
            Guarded::Reentrant(_) => "1",
        };
        object.create(&[("lock", lock.object().name()), ("reentrant", reentrant)])?;
        Ok(Condition {
            object: Arc::new(object),
            guarded: lock.clone(),
        })
    }

    /// A handle on the condition that another handle names, and on its lock.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn attach(cluster: &Cluster, name: &str) -> Result<Condition, ClusterError> {
        let object = Object::attach(cluster, Kind::Condition, name)?;
        let [lock, reentrant] = object
            .settings(["lock", "reentrant"])?
            .map(Option::unwrap_or_default);
        let guarded = match reentrant.as_str() {
            "0" => Guarded::Lock(Lock::attach(cluster, &lock)?),
            _ => Guarded::Reentrant(ReentrantLock::attach(cluster, &lock)?),
        };
        Ok(Condition {
            object: Arc::new(object),
            guarded,
        })
    }

    /// The object on the server.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// The lock that goes with it.
    pub fn guarded(&self) -> &Guarded {
        &self.guarded
    }

    /// Gives the lock up, waits until it is notified or the time is over, and takes the lock again, however long that takes.
    ///
    /// # Errors
    ///
    /// [`SyncError::NotHeld`] or [`SyncError::HeldByAnother`] if this thread (for a reentrant lock) or process (otherwise) does not hold the
    /// lock; [`ClusterError::LeaseLost`] if its lease has run out; [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like: then the
    /// lock is not held.
    ///
    /// # If a process dies
    ///
    /// This one: it waits no more; if it was notified and did not return, another one is notified in its place. The holder of the lock: this
    /// returns with the lock when its lease has ended, and tells so once.
    pub fn wait(&self, wait: Wait) -> Result<Waited, SyncError> {
        let mut waiting = self.enter()?;
        waiting.wait(wait)?;
        waiting.finish()
    }
}
