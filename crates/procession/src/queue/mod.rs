//! A queue that processes share.

mod builder;
mod get;
mod get_many;
mod iter;
mod on_server;
mod put;
mod put_many;
mod travel;

use std::fmt;
use std::marker::PhantomData;

use procession_cluster::queue::Queue as OnServer;
use procession_cluster::{Cluster, ClusterError};
use procession_objects::{Queue as Core, QueueConfig};

pub use builder::QueueBuilder;
pub use get_many::GetManyError;
pub use iter::Iter;
pub use put_many::PutManyError;

use crate::QueueError;
use crate::attachment::Attachment;
use crate::place::Place;

/// A first-in, first-out queue of `T` that any number of processes put into and get from.
///
/// A `T` is anything that serde can serialize and deserialize, of any size from nothing to
/// gigabytes. A `Vec<u8>` is not encoded but travels as it is, which is the fast way for large
/// binary data.
///
/// The value itself is a *handle*: cloning it is cheap, and it is a serde value that can be passed
/// to other processes as an argument, as a result, or inside an item of another queue. The queue
/// ends with its last handle.
///
/// When it matters that every item was not only got but *worked off*, prefer a
/// [`JoinableQueue`](crate::JoinableQueue).
///
/// # Ordering
///
/// Items that one thread puts are got in the same order. Items of different threads come in the
/// order in which their puts finished.
///
/// # If a process dies
///
/// - While it puts: the item is wholly in the queue, or wholly not.
/// - While it gets: the item is either still in the queue, or lost with the process.
/// - While it waits: nobody else is affected.
///
/// No death ever blocks the others or damages the queue, even by `kill -9`.
///
/// # On a server
///
/// A queue that a [`Cluster`](crate::Cluster) has made does the same, with these differences:
///
/// - An item has 64 MiB at most, and can name objects on the same server only.
/// - Every call can fail with [`QueueError::Cluster`]. If a put or a get fails in that the server was away for too long
///   ([`Unavailable`](procession_cluster::ClusterError::Unavailable)), nobody knows whether the item was put, or taken.
/// - An item that a process was just getting when it died is usually lost, since the server cannot see the death.
///
/// # Examples
///
/// ```
/// use procession::{Process, Queue};
///
/// fn greet(names: Queue<String>, greetings: Queue<String>) {
///     while let Ok(name) = names.get() {
///         let _ = greetings.put(&format!("Hello, {name}!"));
///     }
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let (names, greetings) = (Queue::new()?, Queue::new()?);
///     let greeter = Process::spawn(greet, (names.clone(), greetings.clone()))?;
///
///     names.put(&"Ada".to_owned())?;
///     assert_eq!(greetings.get()?, "Hello, Ada!");
///
///     names.close()?; // the greeter's `get` now fails, and its loop ends
///     greeter.join()?;
///     Ok(())
/// }
/// ```
pub struct Queue<T> {
    place: Place<Core, OnServer>,
    // Items are encoded and decoded, never held: a handle is `Send` and `Sync` whatever `T` is.
    items: PhantomData<fn(T) -> T>,
}

impl<T> Queue<T> {
    /// Creates a queue without a bound other than the session's memory.
    ///
    /// # Errors
    ///
    /// [`QueueError::OutOfMemory`], or [`QueueError::Session`] if the session has no room for one
    /// more object or could not be set up.
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = procession::Queue::new()?;
    /// queue.put(&1.5)?;
    /// assert_eq!(queue.get()?, 1.5);
    /// # Ok::<_, procession::QueueError>(())
    /// ```
    pub fn new() -> Result<Queue<T>, QueueError> {
        Queue::builder().build()
    }

    /// Says more about the queue to create.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Queue, QueueError};
    ///
    /// let queue = Queue::builder().maxsize(1).build()?;
    /// queue.put(&"the only one".to_owned())?;
    /// assert_eq!(queue.try_put(&"one more".to_owned()), Err(QueueError::Full));
    /// # Ok::<_, QueueError>(())
    /// ```
    pub fn builder() -> QueueBuilder<T> {
        QueueBuilder::new()
    }

    pub(crate) fn create(config: &QueueConfig) -> Result<Queue<T>, QueueError> {
        let attachment = Attachment::new(|me| Core::create(me, config))?;
        Ok(Queue::of(Place::memory(attachment)))
    }

    pub(crate) fn create_on_server(
        cluster: &Cluster,
        name: Option<&str>,
        config: &QueueConfig,
    ) -> Result<Queue<T>, QueueError> {
        let on_server = OnServer::create(cluster, name, config)?;
        Ok(Queue::of(Place::Server(on_server)))
    }

    fn of(place: Place<Core, OnServer>) -> Queue<T> {
        Queue {
            place,
            items: PhantomData,
        }
    }

    pub(crate) fn place(&self) -> &Place<Core, OnServer> {
        &self.place
    }

    /// Removes a queue that a [`Cluster`](crate::Cluster) has made from its server, and all items with it, for everybody: who uses it afterwards
    /// is told that it is gone. One in memory ends with its last handle by itself, and this does nothing.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if the server cannot be used.
    pub fn unlink(&self) -> Result<(), ClusterError> {
        self.place.unlink()
    }

    /// The number of items in the queue.
    ///
    /// Others put and get at the same time, so that the number may be out of date when it is read.
    ///
    /// # Errors
    ///
    /// [`QueueError::Session`] if the session's memory is damaged.
    pub fn len(&self) -> Result<usize, QueueError> {
        let len = match &self.place {
            Place::Memory(queue) => queue.with(|queue, me| queue.len(me))?,
            Place::Server(queue) => queue.len()?,
        };
        Ok(usize::try_from(len).unwrap_or(usize::MAX))
    }

    /// Whether there was no item in the queue; see [`len`](Queue::len).
    ///
    /// # Errors
    ///
    /// [`QueueError::Session`] if the session's memory is damaged.
    pub fn is_empty(&self) -> Result<bool, QueueError> {
        match &self.place {
            Place::Memory(queue) => Ok(queue.with(|queue, me| queue.is_empty(me))?),
            Place::Server(queue) => Ok(queue.is_empty()?),
        }
    }

    /// The number of items that the queue takes at most; `None` if it has no bound.
    pub fn maxsize(&self) -> Option<usize> {
        let maxsize = match &self.place {
            Place::Memory(queue) => queue.object().maxsize(),
            Place::Server(queue) => queue.config().maxsize,
        }?;
        Some(usize::try_from(maxsize).unwrap_or(usize::MAX))
    }

    /// Whether there were [`maxsize`](Queue::maxsize) items in the queue; see [`len`](Queue::len).
    ///
    /// # Errors
    ///
    /// [`QueueError::Session`] if the session's memory is damaged.
    pub fn is_full(&self) -> Result<bool, QueueError> {
        match self.maxsize() {
            Some(maxsize) => Ok(self.len()? >= maxsize),
            None => Ok(false),
        }
    }

    /// Closes the queue, for all processes and for good.
    ///
    /// From now on every put fails with [`QueueError::Closed`], and so does every get once the items
    /// that are in the queue were got. Those that wait in a put or a get are woken. Closing a closed
    /// queue changes nothing.
    ///
    /// # Errors
    ///
    /// [`QueueError::Session`] if the session's memory is damaged.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Queue, QueueError};
    ///
    /// let queue = Queue::new()?;
    /// queue.put(&1)?;
    /// queue.close()?;
    /// assert_eq!(queue.put(&2), Err(QueueError::Closed));
    /// assert_eq!(queue.get(), Ok(1));
    /// assert_eq!(queue.get(), Err(QueueError::Closed));
    /// # Ok::<_, QueueError>(())
    /// ```
    pub fn close(&self) -> Result<(), QueueError> {
        match &self.place {
            Place::Memory(queue) => Ok(queue.with(|queue, me| queue.close(me))?),
            Place::Server(queue) => Ok(queue.close()?),
        }
    }

    /// Whether the queue was closed. Items that were put before may still be in it.
    ///
    /// # Errors
    ///
    /// [`QueueError::Session`] if the session's memory is damaged.
    pub fn is_closed(&self) -> Result<bool, QueueError> {
        match &self.place {
            Place::Memory(queue) => Ok(queue.with(|queue, me| queue.is_closed(me))?),
            Place::Server(queue) => Ok(queue.is_closed()?),
        }
    }
}

impl<T> Clone for Queue<T> {
    fn clone(&self) -> Queue<T> {
        Queue {
            place: self.place.clone(),
            items: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Queue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue")
            .field("handle", &format_args!("{}", self.place.name()))
            .field("len", &self.len().ok())
            .field("maxsize", &self.maxsize())
            .field("closed", &self.is_closed().ok())
            .finish()
    }
}
