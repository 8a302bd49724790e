//! What a semaphore can be told when it is created.

use procession_objects::PermitRule;

use procession_cluster::semaphore::Semaphore as OnServer;

use super::Semaphore;
use crate::place::Place;
use crate::{Cluster, SharedError};

/// Says more about a [`Semaphore`] to create; made by [`Semaphore::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct SemaphoreBuilder {
    permits: u32,
    bounded: bool,
    attributed: bool,
}

impl SemaphoreBuilder {
    pub(super) fn new(permits: u32) -> SemaphoreBuilder {
        SemaphoreBuilder {
            permits,
            bounded: false,
            attributed: false,
        }
    }

    /// Whether a release of more permits than are taken is an error, instead of adding new ones.
    ///
    /// [`BoundedSemaphore`](crate::BoundedSemaphore) is the same as a type of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Semaphore, SharedError};
    ///
    /// let semaphore = Semaphore::builder(3).bounded(true).build()?;
    /// let refused = semaphore.release(1);
    /// assert_eq!(refused, Err(SharedError::ReleasedTooOften { bound: 3 }));
    /// # Ok::<_, SharedError>(())
    /// ```
    pub fn bounded(mut self, bounded: bool) -> SemaphoreBuilder {
        self.bounded = bounded;
        self
    }

    /// Whether account is kept of which process holds how many permits, so that they come back when it dies.
    ///
    /// Then a process can release only what it has acquired itself, and such a semaphore is always
    /// bounded. Permits also come back when a process drops its last handle of the semaphore.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Semaphore, SharedError};
    ///
    /// let semaphore = Semaphore::builder(3).attributed(true).build()?;
    /// assert_eq!(semaphore.release(1), Err(SharedError::NotHeld));
    /// # Ok::<_, SharedError>(())
    /// ```
    pub fn attributed(mut self, attributed: bool) -> SemaphoreBuilder {
        self.attributed = attributed;
        self
    }

    /// Creates the semaphore.
    ///
    /// # Errors
    ///
    /// [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session has no room for one
    /// more object or could not be set up.
    pub fn build(self) -> Result<Semaphore, SharedError> {
        Semaphore::create(self.permits, self.rule())
    }

    /// Creates the semaphore on a server, or finds the one of that name.
    ///
    /// # Errors
    ///
    /// [`SharedError::Cluster`] if the server cannot be used, or the one of that name was created in another way.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use procession::Semaphore;
    ///
    /// let cluster = procession::connect("redis://127.0.0.1")?;
    /// let licences = Semaphore::builder(3).attributed(true).build_on(&cluster, "licences")?;
    /// let _licence = licences.acquire()?; // one of three, on whatever machine
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn build_on<'n>(
        self,
        cluster: &Cluster,
        name: impl Into<Option<&'n str>>,
    ) -> Result<Semaphore, SharedError> {
        let rule = self.rule();
        let on_server = OnServer::create(&cluster.core, name.into(), self.permits, rule)?;
        Ok(Semaphore {
            place: Place::Server(on_server),
        })
    }

    fn rule(&self) -> PermitRule {
        match (self.attributed, self.bounded) {
            (true, _) => PermitRule::Attributed,
            (false, true) => PermitRule::Bounded,
            (false, false) => PermitRule::Plain,
        }
    }
}
