//! A reentrant lock that processes share.

mod guard;
mod travel;

use std::fmt;

use procession_cluster::reentrant_lock::ReentrantLock as OnServer;
use procession_cluster::{Cluster, ClusterError};
use procession_objects::ReentrantLock as Core;

pub use guard::RLockGuard;

use crate::attachment::Attachment;
use crate::place::Place;
use crate::{Holder, SharedError};

/// A [`Lock`](crate::Lock) that a thread may acquire again while it holds it.
///
/// It is held by a thread, which must release it as often as it acquired it; no other thread can.
///
/// The value itself is a *handle*: cloning it is cheap, and it is a serde value that can be passed
/// to other processes. The lock ends with its last handle.
///
/// # If a process dies
///
/// - While a thread of it holds the lock: whoever acquires it next gets it at once, and is told, once,
///   with [`LockError::Abandoned`](crate::LockError::Abandoned). The same happens if only the thread ends
///   with the lock held, or its process drops its last handle of the lock.
/// - While it waits: nobody else is affected.
///
/// On a server *at once* means when the lease ends, as with [`Lock`](crate::Lock).
///
/// # Examples
///
/// ```
/// use procession::{RLock, SharedError};
///
/// fn move_all(files: &[&str], directory: &RLock) -> Result<(), SharedError> {
///     let _guard = directory.lock()?;
///     files.iter().try_for_each(|file| move_one(file, directory))
/// }
///
/// fn move_one(_file: &str, directory: &RLock) -> Result<(), SharedError> {
///     let _guard = directory.lock()?; // whether or not the caller has it
///     Ok(())
/// }
///
/// move_all(&["one", "two"], &RLock::new()?)?;
/// # Ok::<_, SharedError>(())
/// ```
#[derive(Clone)]
pub struct RLock {
    pub(crate) place: Place<Core, OnServer>,
}

impl RLock {
    /// Creates a lock that nobody holds.
    ///
    /// # Errors
    ///
    /// [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session has no room for one
    /// more object or could not be set up.
    pub fn new() -> Result<RLock, SharedError> {
        Ok(RLock::of(Attachment::new(Core::create)?))
    }

    pub(crate) fn on_server(cluster: &Cluster, name: Option<&str>) -> Result<RLock, SharedError> {
        Ok(RLock {
            place: Place::Server(OnServer::create(cluster, name)?),
        })
    }

    pub(crate) fn of(attachment: Attachment<Core>) -> RLock {
        RLock {
            place: Place::memory(attachment),
        }
    }

    /// Removes a lock that a [`Cluster`](crate::Cluster) has made from its server: [`Lock::unlink`](crate::Lock::unlink).
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if the server cannot be used.
    pub fn unlink(&self) -> Result<(), ClusterError> {
        self.place.unlink()
    }

    /// Whether any thread holds the lock at this moment.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged; [`SharedError::Cluster`] if the server cannot be used.
    pub fn is_locked(&self) -> Result<bool, SharedError> {
        match &self.place {
            Place::Memory(lock) => Ok(lock.with(|lock, me| lock.is_locked(me))?),
            Place::Server(lock) => Ok(lock.is_locked()?),
        }
    }

    /// The process whose thread holds the lock at this moment, and since when.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged; [`SharedError::Cluster`] if the server cannot be used.
    pub fn holder(&self) -> Result<Option<Holder>, SharedError> {
        match &self.place {
            Place::Memory(lock) => {
                let holder = lock.with(|lock, me| lock.holder(me))?;
                Ok(holder.map(Holder::new))
            }
            Place::Server(lock) => Ok(lock.holder()?.map(Holder::on_server)),
        }
    }

    /// How often this thread holds the lock.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged; [`SharedError::Cluster`] if the server cannot be used.
    pub fn depth(&self) -> Result<u32, SharedError> {
        match &self.place {
            Place::Memory(lock) => Ok(lock.with(|lock, me| lock.depth(me))?),
            Place::Server(lock) => Ok(lock.depth()),
        }
    }
}

impl fmt::Debug for RLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RLock")
            .field("handle", &format_args!("{}", self.place.name()))
            .field("holder", &self.holder().ok().flatten().map(|its| its.pid))
            .finish()
    }
}
