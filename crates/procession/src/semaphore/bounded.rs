//! A semaphore that never has more permits than at first, as a type of its own.

use std::ops::Deref;

use procession_objects::PermitRule;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Semaphore;
use crate::{Cluster, SharedError};

/// A [`Semaphore`] that cannot be released more often than it was acquired.
///
/// Which is nearly always a mistake, that a plain semaphore would pass over. Everything else is as
/// there, and a `&BoundedSemaphore` can be given wherever a `&Semaphore` is wanted.
///
/// # If a process dies
///
/// As with a [`Semaphore`]: permits that it holds stay taken; on a server they come back.
///
/// # Examples
///
/// ```
/// use procession::{BoundedSemaphore, SharedError};
///
/// let semaphore = BoundedSemaphore::new(1)?;
/// semaphore.acquire()?.forget();
/// semaphore.release(1)?;
/// let refused = semaphore.release(1);
/// assert_eq!(refused, Err(SharedError::ReleasedTooOften { bound: 1 }));
/// # Ok::<_, SharedError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BoundedSemaphore(Semaphore);

impl BoundedSemaphore {
    /// Creates a semaphore with so many permits, and never more.
    ///
    /// # Errors
    ///
    /// [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session has no room for one
    /// more object or could not be set up.
    pub fn new(permits: u32) -> Result<BoundedSemaphore, SharedError> {
        Semaphore::create(permits, PermitRule::Bounded).map(BoundedSemaphore)
    }

    pub(crate) fn on_server(
        cluster: &Cluster,
        name: Option<&str>,
        permits: u32,
    ) -> Result<BoundedSemaphore, SharedError> {
        let builder = Semaphore::builder(permits).bounded(true);
        builder.build_on(cluster, name).map(BoundedSemaphore)
    }

    /// The number of permits that it has, free and taken.
    pub fn bound(&self) -> u32 {
        self.0.initial()
    }
}

impl Deref for BoundedSemaphore {
    type Target = Semaphore;

    fn deref(&self) -> &Semaphore {
        &self.0
    }
}

impl From<BoundedSemaphore> for Semaphore {
    fn from(semaphore: BoundedSemaphore) -> Semaphore {
        semaphore.0
    }
}

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl Serialize for BoundedSemaphore {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for BoundedSemaphore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<BoundedSemaphore, D::Error> {
        let semaphore = Semaphore::deserialize(deserializer)?;
        match semaphore.rule() {
            PermitRule::Bounded => Ok(BoundedSemaphore(semaphore)),
            PermitRule::Plain | PermitRule::Attributed => Err(de::Error::custom(
                "the semaphore is not bounded: receive it as a `Semaphore`",
            )),
        }
    }
}
