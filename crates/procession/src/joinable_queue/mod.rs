//! A queue that knows which of its items were worked off.

mod builder;

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use procession_arena::Wait;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use builder::JoinableQueueBuilder;

use crate::deadline::until;
use crate::place::Place;
use crate::queue::Queue;
use crate::{Iter, QueueError};

/// A [`Queue`] that counts: every item that was put is *unfinished* until the process that got it
/// says [`task_done`](JoinableQueue::task_done), and [`join`](JoinableQueue::join) waits until
/// nothing is unfinished.
///
/// It does all that a [`Queue`] does, and dereferences to one: a function that only puts can take a
/// `&Queue<T>`. Like a `Queue`, the value is a handle that can be cloned and sent to other processes.
///
/// # If a process dies
///
/// Items that a process got, and for which it did not call `task_done`, are lost with it. What
/// then happens is set by [`on_lost`](JoinableQueueBuilder::on_lost), when the queue is created:
///
/// | | what happens with the items | `join` |
/// |---|---|---|
/// | [`OnLost::Report`](crate::OnLost::Report) (if nothing is said) | they are gone | fails with [`QueueError::ConsumerLost`], which names the process |
/// | [`OnLost::Redeliver`](crate::OnLost::Redeliver) | the next `get` gets them, at most `max_deliveries` times; then as above | waits until they are done |
/// | [`OnLost::Ignore`](crate::OnLost::Ignore) | they are gone | counts them as done |
///
/// An item that is redelivered may have been worked off in part, or wholly;
/// [`get_delivery`](JoinableQueue::get_delivery) shows it.
///
/// # On a server
///
/// A queue that a [`Cluster`](crate::Cluster) has made does the same, with the differences that a [`Queue`] has, and these:
///
/// - The server cannot see a death. Items are *leased* to the process that got them, for 15 seconds that are renewed as long as it lives; the above
///   happens when the lease ends, or at once when a process lets go of its last handle. A process that was stopped, or cut off
///   from the server, for longer than that has lost its items as well; its `task_done` then fails with
///   [`LeaseLost`](procession_cluster::ClusterError::LeaseLost), once for each.
/// - Items that are redelivered come first and in their old order, not last.
/// - Of several items `task_done` means the oldest that the calling *thread* has got, and only if there is none, the oldest of the process. That
///   matters if items are redelivered: it is the others that come again.
/// - An item that was just being got when the connection broke is not lost, but comes again, as not delivered.
///
/// # Examples
///
/// ```
/// use procession::{JoinableQueue, Process, QueueError};
///
/// fn work(tasks: JoinableQueue<u64>) -> Result<(), QueueError> {
///     for task in &tasks {
///         let task = task?;
///         println!("{task} squared is {}", task * task);
///         tasks.task_done()?;
///     }
///     Ok(())
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let tasks = JoinableQueue::new()?;
///     for _ in 0..2 {
///         // A daemonic process ends with this one.
///         Process::builder().daemon(true).spawn(work, (tasks.clone(),))?;
///     }
///     tasks.put_many(&[1, 2, 3, 4])?;
///     tasks.join()?;
///     println!("All done.");
///     Ok(())
/// }
/// ```
pub struct JoinableQueue<T>(Queue<T>);

/// An item, and how often it was given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Delivery<T> {
    /// The item.
    pub item: T,
    /// One for the first time; more if a process that had got it ended before it called
    /// [`task_done`](JoinableQueue::task_done).
    pub deliveries: u32,
}

impl<T> JoinableQueue<T> {
    /// Creates a queue without a bound, which reports lost items.
    ///
    /// # Errors
    ///
    /// As [`Queue::new`].
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = procession::JoinableQueue::new()?;
    /// queue.put(&"task".to_owned())?;
    /// assert_eq!(queue.get()?, "task");
    /// queue.task_done()?;
    /// queue.join()?;
    /// # Ok::<_, procession::QueueError>(())
    /// ```
    pub fn new() -> Result<JoinableQueue<T>, QueueError> {
        JoinableQueue::builder().build()
    }

    /// Says more about the queue to create.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{JoinableQueue, OnLost};
    ///
    /// let queue = JoinableQueue::builder()
    ///     .maxsize(100)
    ///     .on_lost(OnLost::Redeliver { max_deliveries: 3 })
    ///     .build()?;
    /// queue.put(&1)?;
    /// # Ok::<_, procession::QueueError>(())
    /// ```
    pub fn builder() -> JoinableQueueBuilder<T> {
        JoinableQueueBuilder::new()
    }

    /// Says that one item which this process got is worked off.
    ///
    /// Call it exactly once for each item, in the process that got it, from any thread. An item that
    /// could not be deserialized was got as well.
    ///
    /// # Errors
    ///
    /// [`QueueError::TaskDoneTooOften`] if this process holds no item that is unfinished.
    ///
    /// # If a process dies
    ///
    /// The item is done, or it is lost with the process; see [`JoinableQueue`].
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{JoinableQueue, QueueError};
    ///
    /// let queue = JoinableQueue::<u8>::new()?;
    /// assert_eq!(queue.task_done(), Err(QueueError::TaskDoneTooOften));
    /// # Ok::<_, QueueError>(())
    /// ```
    #[inline]
    pub fn task_done(&self) -> Result<(), QueueError> {
        match self.place() {
            Place::Memory(queue) => Ok(queue.with(|queue, me| queue.task_done(me))?),
            Place::Server(queue) => Ok(queue.task_done()?),
        }
    }

    /// Waits until every item that was put is done.
    ///
    /// It returns at once when nothing is unfinished. Items that others put in the meantime are waited
    /// for as well.
    ///
    /// # Errors
    ///
    /// [`QueueError::ConsumerLost`] as soon as items were lost with a process. In each process that
    /// had the queue by then, a loss is told once: the next call waits for the rest.
    ///
    /// # If a process dies
    ///
    /// `join` never waits for the dead; see [`JoinableQueue`]. If there is nobody left to get the items
    /// that are still in the queue, it waits for a process that does; use
    /// [`join_timeout`](JoinableQueue::join_timeout), or start new consumers when old ones end.
    pub fn join(&self) -> Result<(), QueueError> {
        self.join_until(Wait::Forever)
    }

    /// Waits until every item that was put is done, at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`QueueError::TimedOut`], and those of [`join`](JoinableQueue::join).
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{JoinableQueue, QueueError};
    /// use std::time::Duration;
    ///
    /// let queue = JoinableQueue::new()?;
    /// queue.put(&"nobody does it".to_owned())?;
    /// assert_eq!(queue.join_timeout(Duration::from_millis(1)), Err(QueueError::TimedOut));
    /// # Ok::<_, QueueError>(())
    /// ```
    pub fn join_timeout(&self, timeout: Duration) -> Result<(), QueueError> {
        self.join_until(until(timeout))
    }

    fn join_until(&self, wait: Wait) -> Result<(), QueueError> {
        match self.place() {
            Place::Memory(queue) => Ok(queue.with(|queue, me| queue.join(me, wait))?),
            Place::Server(queue) => Ok(queue.join(wait)?),
        }
    }

    /// The number of items that were put and are not done yet, those in the queue among them.
    ///
    /// # Errors
    ///
    /// [`QueueError::Session`] if the session's memory is damaged.
    pub fn unfinished(&self) -> Result<u64, QueueError> {
        match self.place() {
            Place::Memory(queue) => Ok(queue.with(|queue, me| queue.unfinished(me))?),
            Place::Server(queue) => Ok(queue.unfinished()?),
        }
    }
}

impl<T: DeserializeOwned + 'static> JoinableQueue<T> {
    /// Gets an item as [`get`](Queue::get) does, and tells how often it was given out.
    ///
    /// # Errors
    ///
    /// Those of [`get`](Queue::get).
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = procession::JoinableQueue::new()?;
    /// queue.put(&"transfer 100 francs".to_owned())?;
    ///
    /// let delivery = queue.get_delivery()?;
    /// if delivery.deliveries > 1 {
    ///     println!("somebody has begun with it: {}", delivery.item);
    /// }
    /// # Ok::<_, procession::QueueError>(())
    /// ```
    pub fn get_delivery(&self) -> Result<Delivery<T>, QueueError> {
        let (item, deliveries) = self.0.receive(Wait::Forever)?;
        Ok(Delivery { item, deliveries })
    }
}

impl<T> Deref for JoinableQueue<T> {
    type Target = Queue<T>;

    fn deref(&self) -> &Queue<T> {
        &self.0
    }
}

impl<T> Clone for JoinableQueue<T> {
    fn clone(&self) -> JoinableQueue<T> {
        JoinableQueue(self.0.clone())
    }
}

impl<T> fmt::Debug for JoinableQueue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinableQueue")
            .field("queue", &self.0)
            .field("unfinished", &self.unfinished().ok())
            .finish()
    }
}

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl<T> Serialize for JoinableQueue<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for JoinableQueue<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<JoinableQueue<T>, D::Error> {
        Queue::deserialize(deserializer).map(JoinableQueue)
    }
}

impl<'a, T: DeserializeOwned + 'static> IntoIterator for &'a JoinableQueue<T> {
    type Item = Result<T, QueueError>;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}
