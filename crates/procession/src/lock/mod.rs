//! A lock that processes share.

mod guard;
mod holder;
mod travel;

use std::fmt;

use procession_cluster::lock::Lock as OnServer;
use procession_cluster::{Cluster, ClusterError};
use procession_objects::Lock as Core;

pub use guard::LockGuard;
pub(crate) use guard::LockHold;
pub use holder::Holder;

use crate::SharedError;
use crate::attachment::Attachment;
use crate::place::Place;

/// A mutual exclusion among any number of processes and their threads.
///
/// What it guards is the business of its users: a file, a device, several entries of a
/// [`Dict`](crate::Dict).
///
/// The value itself is a *handle*: cloning it is cheap, and it is a serde value that can be passed
/// to other processes. The lock ends with its last handle; one that a [`Cluster`](crate::Cluster) has made, as it says there.
///
/// # If a process dies
///
/// - While it holds the lock: whoever acquires it next gets it at once, and is told, once, with
///   [`LockError::Abandoned`](crate::LockError::Abandoned). The same happens if a process drops its last
///   handle of a lock that it holds.
/// - While it waits: nobody else is affected.
///
/// On a server nobody sees a death: there the hold is a lease, which lasts as long as the process renews it, and *at once* means when the lease
/// ends, 15 seconds after the process was last heard from. A process that lives and is cut off from the server, or stopped, for longer than that loses the
/// lock to others, too: see [`LockGuard::is_lost`] and [`LockGuard::fence`].
///
/// # Examples
///
/// ```
/// use procession::{Lock, Process, SharedError};
///
/// fn print_slowly(lines: Vec<String>, screen: Lock) -> Result<(), SharedError> {
///     let _guard = screen.lock()?; // until the end of the function
///     for line in lines {
///         println!("{line}");
///     }
///     Ok(())
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let screen = Lock::new()?;
///     let lines = vec!["one".to_owned(), "two".to_owned()];
///     let first = Process::spawn(print_slowly, (lines.clone(), screen.clone()))?;
///     let second = Process::spawn(print_slowly, (lines, screen))?;
///     first.join()??;
///     second.join()??;
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Lock {
    pub(crate) place: Place<Core, OnServer>,
}

impl Lock {
    /// Creates a lock that nobody holds.
    ///
    /// # Errors
    ///
    /// [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session has no room for one
    /// more object or could not be set up.
    pub fn new() -> Result<Lock, SharedError> {
        Ok(Lock::of(Attachment::new(Core::create)?))
    }

    pub(crate) fn on_server(cluster: &Cluster, name: Option<&str>) -> Result<Lock, SharedError> {
        Ok(Lock {
            place: Place::Server(OnServer::create(cluster, name)?),
        })
    }

    pub(crate) fn of(attachment: Attachment<Core>) -> Lock {
        Lock {
            place: Place::memory(attachment),
        }
    }

    /// Removes a lock that a [`Cluster`](crate::Cluster) has made from its server, for everybody: who uses it afterwards is told that it is
    /// gone. One in memory ends with its last handle by itself, and this does nothing.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if the server cannot be used.
    pub fn unlink(&self) -> Result<(), ClusterError> {
        self.place.unlink()
    }

    /// Whether anybody holds the lock at this moment.
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

    /// Who holds the lock at this moment, and since when.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged; [`SharedError::Cluster`] if the server cannot be used.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = procession::Lock::new()?;
    /// assert_eq!(lock.holder()?, None);
    /// let _guard = lock.lock()?;
    /// assert_eq!(lock.holder()?.map(|its| its.pid), Some(std::process::id()));
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn holder(&self) -> Result<Option<Holder>, SharedError> {
        match &self.place {
            Place::Memory(lock) => {
                let holder = lock.with(|lock, me| lock.holder(me))?;
                Ok(holder.map(Holder::new))
            }
            Place::Server(lock) => Ok(lock.holder()?.map(Holder::on_server)),
        }
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock")
            .field("handle", &format_args!("{}", self.place.name()))
            .field("holder", &self.holder().ok().flatten().map(|its| its.pid))
            .finish()
    }
}
