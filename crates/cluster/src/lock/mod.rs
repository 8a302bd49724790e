//! A lock: one process at a time. The argument is in `README.md`.

mod holds;
pub(crate) mod ownership;
#[cfg(test)]
mod script_tests;

use std::sync::Arc;

use procession_arena::Wait;

use crate::holder::Holder;
use crate::object::{Kind, Object};
use crate::process_wide::ProcessWide;
use crate::{Cluster, ClusterError, SyncError};

use holds::Holds;
use ownership::Whose;
pub use ownership::{Hold, Taken};

static HOLDS: ProcessWide<Holds> = ProcessWide::new();

/// A handle on a lock, which is held by a process: any thread of it may release it. Clones are the same.
///
/// # If a process dies
///
/// The holder: when its lease ends, whoever acquires the lock next gets it, and is told. A process that waits: the others are not affected. A process
/// that lets go of its last handle while it holds the lock abandons it, as if it had died.
#[derive(Clone, Debug)]
pub struct Lock {
    object: Arc<Object>,
    holds: Arc<Holds>,
}

impl Lock {
    /// Makes a lock that nobody holds; or attaches to the one of that name, whoever holds it.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Mismatch`] if that one is reentrant, [`ClusterError::Unavailable`] and its like.
    pub fn create(cluster: &Cluster, name: Option<&str>) -> Result<Lock, ClusterError> {
        Ok(Lock::of(ownership::create(cluster, name, false)?))
    }

    /// Makes the lock that belongs to another object, or finds it made.
    pub(crate) fn of_another(other: &Object) -> Result<Lock, ClusterError> {
        let object = other.companion(Kind::Lock)?;
        Ok(Lock::of(ownership::create_as(object, false)?))
    }

    /// A handle on the lock that another handle names.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] and its like. That it is gone is told when it is used.
    pub fn attach(cluster: &Cluster, name: &str) -> Result<Lock, ClusterError> {
        let object = Object::attach(cluster, Kind::Lock, name)?;
        Ok(Lock::of(Arc::new(object)))
    }

    fn of(object: Arc<Object>) -> Lock {
        Lock {
            holds: HOLDS.of(&object),
            object,
        }
    }

    /// The object on the server.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// Acquires the lock. A process that already holds it waits for itself.
    ///
    /// # Errors
    ///
    /// [`SyncError::TimedOut`], also with [`Wait::Never`]; [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    ///
    /// # If a process dies
    ///
    /// The holder: this returns when its lease has ended, and says who it was, once.
    pub fn acquire(&self, wait: Wait) -> Result<Taken, SyncError> {
        let (taken, renewal) = ownership::acquire(&self.object, wait)?;
        self.holds.note(&taken.hold, renewal.begin()?);
        Ok(taken)
    }

    /// Ends the hold of this process, or else of whoever has it, in whatever process.
    ///
    /// # Errors
    ///
    /// [`SyncError::NotHeld`] if nobody holds it, or the lease of whoever held it has run out; [`ClusterError::LeaseLost`] if this process held
    /// it until its lease ran out, and somebody else has taken it; [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn release(&self) -> Result<(), SyncError> {
        // By its name: if it is over, somebody else's must not be ended in its place.
        if let Some(hold) = self.own_hold()
            && self.release_hold(&hold)?
        {
            return Ok(());
        }
        match ownership::release_anybodys(&self.object, Whose::AnybodysWhoLives)? {
            true => Ok(()),
            false => Err(SyncError::NotHeld),
        }
    }

    /// Releases the lock in the name of whoever let its lease run out, so that the next holder is not told; says whether somebody has.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn release_abandoned(&self) -> Result<bool, ClusterError> {
        ownership::release_anybodys(&self.object, Whose::OneWhoDied)
    }

    /// Ends a hold of this process, whether or not that fails: it is not renewed any more. Says whether it still was the present one, rather than that somebody has released the lock before.
    ///
    /// # Errors
    ///
    /// [`ClusterError::LeaseLost`] if its lease had run out and somebody else has taken the lock; [`ClusterError::Gone`],
    /// [`ClusterError::Unavailable`] and its like.
    pub fn release_hold(&self, hold: &Hold) -> Result<bool, ClusterError> {
        let released = ownership::release(&self.object, hold);
        self.holds.forget(hold);
        released
    }

    /// The hold that this process has, as far as it knows.
    pub fn own_hold(&self) -> Option<Hold> {
        self.holds.present()
    }

    /// Who holds the lock at this moment.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn holder(&self) -> Result<Option<Holder>, ClusterError> {
        ownership::holder(&self.object)
    }

    /// Whether anybody holds the lock at this moment.
    ///
    /// # Errors
    ///
    /// As [`holder`](Self::holder).
    pub fn is_locked(&self) -> Result<bool, ClusterError> {
        Ok(self.holder()?.is_some())
    }
}
