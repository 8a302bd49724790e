//! Semaphores that processes share.

mod acquire;
mod bounded;
mod builder;
mod permit;
mod travel;

use std::fmt;

use procession_cluster::ClusterError;
use procession_cluster::semaphore::Semaphore as OnServer;
use procession_objects::{PermitRule, Semaphore as Core};

pub use bounded::BoundedSemaphore;
pub use builder::SemaphoreBuilder;
pub use permit::Permit;

use crate::SharedError;
use crate::attachment::Attachment;
use crate::place::Place;

/// A number of permits, which threads of any process acquire and release.
///
/// A permit that was acquired comes as a [`Permit`], which releases it when it is dropped. Or the two are
/// done in different places, even in different processes, with [`Permit::forget`] and
/// [`release`](Self::release).
///
/// The value itself is a *handle*: cloning it is cheap, and it is a serde value that can be passed
/// to other processes. The semaphore ends with its last handle.
///
/// # If a process dies
///
/// - While it waits: nobody else is affected.
/// - While it holds permits: **they stay taken**, since in general nobody knows who is to release a permit
///   that somebody has acquired. If each process releases what it has acquired itself, create the semaphore as
///   [`attributed`](SemaphoreBuilder::attributed): then they come back at once.
///
/// On a server every permit is a lease, and comes back when that ends, whatever the semaphore was created as: 15 seconds after the process was last heard
/// from. That goes for forgotten permits, too, and for those of a process that drops its last handle. And there a release that names no permit never means
/// one that somebody holds a [`Permit`] of.
///
/// # Examples
///
/// ```
/// use procession::{Process, Semaphore, SharedError};
///
/// fn download(number: u32, at_a_time: Semaphore) -> Result<u32, SharedError> {
///     let _permit = at_a_time.acquire()?; // until the end of the function
///     Ok(number * number)
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let at_a_time = Semaphore::builder(2).attributed(true).build()?;
///     let mut downloads = Vec::new();
///     for number in 0..3 {
///         downloads.push(Process::spawn(download, (number, at_a_time.clone()))?);
///     }
///     for (number, download) in (0..3).zip(downloads) {
///         assert_eq!(download.join()??, number * number);
///     }
///     assert_eq!(at_a_time.value()?, 2);
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Semaphore {
    place: Place<Core, OnServer>,
}

impl Semaphore {
    /// Creates a semaphore with so many permits, to which a release may add any number.
    ///
    /// # Errors
    ///
    /// [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session has no room for one
    /// more object or could not be set up.
    ///
    /// # Examples
    ///
    /// ```
    /// let semaphore = procession::Semaphore::new(0)?;
    /// semaphore.release(2)?;
    /// assert_eq!(semaphore.value()?, 2);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn new(permits: u32) -> Result<Semaphore, SharedError> {
        Semaphore::builder(permits).build()
    }

    /// Says more about the semaphore to create.
    pub fn builder(permits: u32) -> SemaphoreBuilder {
        SemaphoreBuilder::new(permits)
    }

    fn create(permits: u32, rule: PermitRule) -> Result<Semaphore, SharedError> {
        let attachment = Attachment::new(|me| Core::create(me, permits, rule))?;
        Ok(Semaphore::of(attachment))
    }

    fn of(attachment: Attachment<Core>) -> Semaphore {
        Semaphore {
            place: Place::memory(attachment),
        }
    }

    /// Removes a semaphore that a [`Cluster`](crate::Cluster) has made from its server, for everybody: who uses it afterwards is told that it is
    /// gone. One in memory ends with its last handle by itself, and this does nothing.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if the server cannot be used.
    pub fn unlink(&self) -> Result<(), ClusterError> {
        self.place.unlink()
    }

    fn rule(&self) -> PermitRule {
        match &self.place {
            Place::Memory(semaphore) => semaphore.object().rule(),
            Place::Server(semaphore) => semaphore.rule(),
        }
    }

    fn initial(&self) -> u32 {
        match &self.place {
            Place::Memory(semaphore) => semaphore.object().initial(),
            Place::Server(semaphore) => semaphore.initial(),
        }
    }

    /// Releases `count` permits and wakes as many who wait; all of them, or none if there is an error.
    ///
    /// For what a [`Permit`] does not do when it is dropped: for permits that were
    /// [forgotten](Permit::forget), or new ones.
    ///
    /// # Errors
    ///
    /// - [`SharedError::ReleasedTooOften`] if the semaphore is bounded and fewer permits are taken;
    /// - [`SharedError::NotHeld`] if it is attributed and this process has acquired fewer;
    /// - [`SharedError::Session`] if there would be more than `u32::MAX`, or if the session's memory is damaged;
    /// - [`SharedError::Cluster`] if the server cannot be used.
    ///
    /// # If a process dies
    ///
    /// Within `release`: all were released, or none.
    pub fn release(&self, count: u32) -> Result<(), SharedError> {
        match &self.place {
            Place::Memory(semaphore) => {
                Ok(semaphore.with(|semaphore, me| semaphore.release(me, count))?)
            }
            Place::Server(semaphore) => Ok(semaphore.release(count)?),
        }
    }

    /// The number of permits that are free; it may be out of date when it is read.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged; [`SharedError::Cluster`] if the server cannot be used.
    pub fn value(&self) -> Result<u32, SharedError> {
        match &self.place {
            Place::Memory(semaphore) => Ok(semaphore.with(|semaphore, me| semaphore.value(me))?),
            Place::Server(semaphore) => Ok(semaphore.value()?),
        }
    }
}

impl fmt::Debug for Semaphore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Semaphore")
            .field("handle", &format_args!("{}", self.place.name()))
            .field("value", &self.value().ok())
            .field("rule", &self.rule())
            .finish()
    }
}
