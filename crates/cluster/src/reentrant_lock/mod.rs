//! A lock that a thread may acquire again while it holds it. The argument is in `README.md`.

mod counts;

use std::sync::Arc;

use procession_arena::Wait;

use crate::holder::Holder;
use crate::lock::{Hold, Taken, ownership};
use crate::object::{Kind, Object};
use crate::process_wide::full_name;
use crate::{Cluster, ClusterError, SyncError};

/// A handle on a reentrant lock, which is held by a thread: only it may release it. Clones are the same.
///
/// # If a process dies
///
/// As with a [`Lock`](crate::lock::Lock). The same happens if only the thread ends while it holds the lock.
#[derive(Clone, Debug)]
pub struct ReentrantLock {
    object: Arc<Object>,
    full_name: Arc<str>,
}

impl ReentrantLock {
    /// Makes a lock that nobody holds; or attaches to the one of that name, whoever holds it.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Mismatch`] if that one is not reentrant, [`ClusterError::Unavailable`] and its like.
    pub fn create(cluster: &Cluster, name: Option<&str>) -> Result<ReentrantLock, ClusterError> {
        Ok(ReentrantLock::of(ownership::create(cluster, name, true)?))
    }

    /// A handle on the lock that another handle names.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Unavailable`] and its like. That it is gone is told when it is used.
    pub fn attach(cluster: &Cluster, name: &str) -> Result<ReentrantLock, ClusterError> {
        let object = Object::attach(cluster, Kind::Lock, name)?;
        Ok(ReentrantLock::of(Arc::new(object)))
    }

    fn of(object: Arc<Object>) -> ReentrantLock {
        ReentrantLock {
            full_name: full_name(&object).into(),
            object,
        }
    }

    /// The object on the server.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// Acquires the lock, once more if this thread holds it already; each needs one [`release`](Self::release).
    ///
    /// # Errors
    ///
    /// [`SyncError::TimedOut`], also with [`Wait::Never`]; [`SyncError::AcquiredTooOften`]; [`ClusterError::LeaseLost`] if this thread held
    /// the lock and its lease has run out; [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    ///
    /// # If a process dies
    ///
    /// The holder: this returns when its lease has ended, and says who it was, once.
    pub fn acquire(&self, wait: Wait) -> Result<Taken, SyncError> {
        let Some((hold, depth)) = counts::present(&self.full_name) else {
            return self.acquire_so_often(1, wait);
        };
        if hold.is_lost() && !ownership::confirm(&self.object, &hold)? {
            return Err(self.lease_lost().into());
        }
        let deeper = depth.checked_add(1).ok_or(SyncError::AcquiredTooOften)?;
        counts::set_depth(&self.full_name, deeper);
        Ok(Taken {
            hold,
            abandoned_by: None,
        })
    }

    /// Acquires the lock, which this thread does not hold, so that it must be released so often.
    pub(crate) fn acquire_so_often(&self, depth: u32, wait: Wait) -> Result<Taken, SyncError> {
        let (taken, renewal) = ownership::acquire(&self.object, wait)?;
        counts::begin(&self.full_name, &taken.hold, depth, renewal.begin()?);
        Ok(taken)
    }

    /// Ends one hold of this thread; with the last one the lock is free, or if that fails, it is not renewed any more.
    ///
    /// # Errors
    ///
    /// [`SyncError::NotHeld`] if nobody holds it, or the lease of whoever held it has run out; [`SyncError::HeldByAnother`];
    /// [`ClusterError::LeaseLost`] if it was the last one, its lease had run out and somebody else has taken the lock; [`ClusterError::Gone`],
    /// [`ClusterError::Unavailable`] and its like.
    pub fn release(&self) -> Result<(), SyncError> {
        match counts::present(&self.full_name) {
            Some((_, depth)) if depth > 1 => {
                counts::set_depth(&self.full_name, depth - 1);
                Ok(())
            }
            Some(_) => self.release_wholly().map(drop),
            None => Err(self.not_held()?),
        }
    }

    /// Ends all holds of this thread; says how many there were.
    pub(crate) fn release_wholly(&self) -> Result<u32, SyncError> {
        let Some((hold, depth)) = counts::present(&self.full_name) else {
            return Err(self.not_held()?);
        };
        let released = ownership::release(&self.object, &hold);
        counts::end(&self.full_name);
        match released? {
            true => Ok(depth),
            false => Err(SyncError::NotHeld),
        }
    }

    /// Why this thread cannot release it.
    fn not_held(&self) -> Result<SyncError, ClusterError> {
        Ok(SyncError::not_held(self.holder()?))
    }

    fn lease_lost(&self) -> ClusterError {
        ClusterError::LeaseLost {
            object: self.object.to_string(),
        }
    }

    /// The hold that this thread has, as far as it knows.
    pub fn own_hold(&self) -> Option<Hold> {
        counts::present(&self.full_name).map(|(hold, _)| hold)
    }

    /// How often this thread holds the lock.
    pub fn depth(&self) -> u32 {
        counts::present(&self.full_name).map_or(0, |(_, depth)| depth)
    }

    /// The process whose thread holds the lock at this moment.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`], [`ClusterError::Unavailable`] and its like.
    pub fn holder(&self) -> Result<Option<Holder>, ClusterError> {
        ownership::holder(&self.object)
    }

    /// Whether any thread holds the lock at this moment.
    ///
    /// # Errors
    ///
    /// As [`holder`](Self::holder).
    pub fn is_locked(&self) -> Result<bool, ClusterError> {
        Ok(self.holder()?.is_some())
    }
}
