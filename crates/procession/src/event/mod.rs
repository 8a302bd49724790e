//! An event that processes share.

mod travel;

use std::fmt;
use std::time::Duration;

use procession_arena::Wait;
use procession_cluster::event::Event as OnServer;
use procession_cluster::{Cluster, ClusterError};
use procession_objects::Event as Core;

use crate::SharedError;
use crate::attachment::Attachment;
use crate::deadline::until;
use crate::place::Place;

/// A flag that is set or not, and that threads of any process wait for.
///
/// The value itself is a *handle*: cloning it is cheap, and it is a serde value that can be passed
/// to other processes. The event ends with its last handle.
///
/// # If a process dies
///
/// - While it sets or clears: the event is as before, or as after; if it is set, everybody goes on.
/// - While it waits: nobody else is affected.
///
/// # Examples
///
/// ```
/// use procession::{Event, Process, SharedError};
///
/// fn run(start: Event) -> Result<String, SharedError> {
///     start.wait()?;
///     Ok("ran".to_owned())
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let start = Event::new()?;
///     let runners = [
///         Process::spawn(run, (start.clone(),))?,
///         Process::spawn(run, (start.clone(),))?,
///     ];
///     start.set()?; // off they go
///     for runner in runners {
///         assert_eq!(runner.join()??, "ran");
///     }
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Event {
    place: Place<Core, OnServer>,
}

impl Event {
    /// Creates an event that is not set.
    ///
    /// # Errors
    ///
    /// [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session has no room for one
    /// more object or could not be set up.
    ///
    /// # Examples
    ///
    /// ```
    /// let event = procession::Event::new()?;
    /// assert!(!event.is_set()?);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn new() -> Result<Event, SharedError> {
        Ok(Event {
            place: Place::memory(Attachment::new(Core::create)?),
        })
    }

    pub(crate) fn on_server(cluster: &Cluster, name: Option<&str>) -> Result<Event, SharedError> {
        Ok(Event {
            place: Place::Server(OnServer::create(cluster, name)?),
        })
    }

    /// A handle on the event of that name, which is known to have been created.
    pub(crate) fn attach_on_server(cluster: &Cluster, name: &str) -> Result<Event, ClusterError> {
        Ok(Event {
            place: Place::Server(OnServer::attach(cluster, name)?),
        })
    }

    /// Removes an event that a [`Cluster`](crate::Cluster) has made from its server, for everybody: who uses it afterwards is told that it is gone. One
    /// in memory ends with its last handle by itself, and this does nothing.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if the server cannot be used.
    pub fn unlink(&self) -> Result<(), ClusterError> {
        self.place.unlink()
    }

    /// Sets the event: all who wait go on, and whoever comes does not wait, until it is cleared.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    ///
    /// # If a process dies
    ///
    /// Within `set`: the event is set and everybody goes on, or nothing happened.
    ///
    /// # Examples
    ///
    /// ```
    /// let event = procession::Event::new()?;
    /// event.set()?;
    /// event.wait()?; // at once
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn set(&self) -> Result<(), SharedError> {
        match &self.place {
            Place::Memory(event) => Ok(event.with(|event, me| event.set(me))?),
            Place::Server(event) => Ok(event.set()?),
        }
    }

    /// Clears the event: whoever comes from now on waits.
    ///
    /// Those who waited when it was set go on, even if it is cleared before they have woken up.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn clear(&self) -> Result<(), SharedError> {
        match &self.place {
            Place::Memory(event) => Ok(event.with(|event, me| event.clear(me))?),
            Place::Server(event) => Ok(event.clear()?),
        }
    }

    /// Whether the event is set; that may be out of date when it is read.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn is_set(&self) -> Result<bool, SharedError> {
        match &self.place {
            Place::Memory(event) => Ok(event.with(|event, me| event.is_set(me))?),
            Place::Server(event) => Ok(event.is_set()?),
        }
    }

    /// Waits until the event is set; returns at once if it is.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn wait(&self) -> Result<(), SharedError> {
        self.wait_until(Wait::Forever)
    }

    /// Waits until the event is set, at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`SharedError::TimedOut`]; [`SharedError::Session`] if the session's memory is damaged.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use procession::{Event, SharedError};
    ///
    /// let event = Event::new()?;
    /// let outcome = event.wait_timeout(Duration::from_millis(1));
    /// assert_eq!(outcome, Err(SharedError::TimedOut));
    /// # Ok::<_, SharedError>(())
    /// ```
    pub fn wait_timeout(&self, timeout: Duration) -> Result<(), SharedError> {
        self.wait_until(until(timeout))
    }

    fn wait_until(&self, wait: Wait) -> Result<(), SharedError> {
        match &self.place {
            Place::Memory(event) => Ok(event.with(|event, me| event.wait(me, wait))?),
            Place::Server(event) => match event.wait(wait)? {
                true => Ok(()),
                false => Err(SharedError::TimedOut),
            },
        }
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("handle", &format_args!("{}", self.place.name()))
            .field("set", &self.is_set().ok())
            .finish()
    }
}
