//! What can go wrong with a queue.

use procession_arena::Error;
use procession_cluster::ClusterError;
use procession_cluster::queue::QueueError as OnServer;
use serde::{Deserialize, Serialize};

use crate::codec::CodecError;

/// What can go wrong with a [`Queue`](crate::Queue) or a [`JoinableQueue`](crate::JoinableQueue).
///
/// It is one type for all operations, so that a function which gets and puts can use `?`
/// throughout, and it is serializable, so that such a function can run in another process and hand
/// the error home as its result. Each operation says under *Errors* which ones to expect.
///
/// # Examples
///
/// ```
/// use procession::{Process, Queue, QueueError};
///
/// fn double_all(numbers: Queue<u64>, doubled: Queue<u64>) -> Result<(), QueueError> {
///     for number in &numbers {
///         doubled.put(&(2 * number?))?;
///     }
///     Ok(())
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let (numbers, doubled) = (Queue::new()?, Queue::new()?);
///     numbers.put(&21)?;
///     numbers.close()?;
///     Process::spawn(double_all, (numbers, doubled.clone()))?.join()??;
///     assert_eq!(doubled.get()?, 42);
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum QueueError {
    /// There was no free place, and the caller did not want to wait.
    #[error("the queue is full: get items out of it, wait with `put`, or give it a larger maxsize")]
    Full,
    /// There was no item, and the caller did not want to wait.
    #[error("the queue is empty: wait with `get`, or try again later")]
    Empty,
    /// The time that the caller allowed was over.
    #[error("the time was over before it could be done: try again, or allow more time")]
    TimedOut,
    /// The queue was closed: nothing can be put any more, and all items were got.
    #[error("the queue was closed: nothing can be put any more, nor got once it is empty")]
    Closed,
    /// The session's memory does not suffice. The queue goes on as before.
    #[error(
        "out of shared memory: {wanted} bytes were asked for and the session may hold {cap}: send \
         less at a time, bound the queue by a maxsize, or raise the session's `memory_cap`"
    )]
    OutOfMemory {
        /// Bytes that were asked for.
        wanted: u64,
        /// Bytes that the session may hold altogether.
        cap: u64,
    },
    /// An item could not be serialized. Nothing was put.
    #[error("the item of type `{type_name}` could not be serialized: {reason}")]
    Encode {
        /// The item's type.
        type_name: String,
        /// What its `Serialize` said.
        reason: String,
    },
    /// An item could not be deserialized. It is no longer in the queue.
    #[error("an item could not be deserialized as `{type_name}`: {reason}")]
    Decode {
        /// The type that was asked for.
        type_name: String,
        /// What its `Deserialize` said.
        reason: String,
    },
    /// [`task_done`](crate::JoinableQueue::task_done) was called more often than this process got
    /// items.
    #[error(
        "task_done() was called more often than this process got items from the queue: call it \
         exactly once for each item, in the process that got it"
    )]
    TaskDoneTooOften,
    /// A consumer ended with items that it had got and not marked as done.
    #[error(
        "a consumer (pid {pid}{}) ended before it had called task_done(): {count} item(s) were lost; \
         call join() again to wait for the rest, or build the queue with OnLost::Redeliver",
        on(host.as_deref())
    )]
    ConsumerLost {
        /// The process that ended; the last one if there were several.
        pid: u32,
        /// The machine on which it was, if the queue is on a server; a process that was cut off from that for too long counts as ended, too.
        host: Option<String>,
        /// Items lost since the last call that told of a loss.
        count: u64,
    },
    /// The server on which the object lives could not do it.
    #[error("{0}")]
    Cluster(ClusterError),
    /// The session could not be used, for instance since the system refused a call.
    #[error("{reason}")]
    Session {
        /// What happened, in words.
        reason: String,
    },
}

impl From<Error> for QueueError {
    fn from(error: Error) -> QueueError {
        match error {
            Error::Full => QueueError::Full,
            Error::Empty => QueueError::Empty,
            Error::TimedOut => QueueError::TimedOut,
            Error::Closed => QueueError::Closed,
            Error::OutOfMemory { wanted, cap } => QueueError::OutOfMemory { wanted, cap },
            Error::TaskDoneTooOften => QueueError::TaskDoneTooOften,
            Error::ConsumerLost { pid, count } => QueueError::ConsumerLost {
                pid,
                host: None,
                count,
            },
            other => QueueError::Session {
                reason: other.to_string(),
            },
        }
    }
}

impl From<ClusterError> for QueueError {
    fn from(error: ClusterError) -> QueueError {
        QueueError::Cluster(error)
    }
}

impl From<OnServer> for QueueError {
    fn from(error: OnServer) -> QueueError {
        match error {
            OnServer::Full => QueueError::Full,
            OnServer::Empty => QueueError::Empty,
            OnServer::TimedOut => QueueError::TimedOut,
            OnServer::Closed => QueueError::Closed,
            OnServer::TaskDoneTooOften => QueueError::TaskDoneTooOften,
            OnServer::ConsumerLost { host, pid, count } => QueueError::ConsumerLost {
                pid,
                host: Some(host),
                count,
            },
            OnServer::Cluster(error) => QueueError::Cluster(error),
            other => QueueError::Session {
                reason: other.to_string(),
            },
        }
    }
}

/// The machine, as it stands behind a process's number.
fn on(host: Option<&str>) -> String {
    host.map(|host| format!(" on {host}")).unwrap_or_default()
}

impl QueueError {
    pub(crate) fn encode(CodecError { type_name, reason }: CodecError) -> QueueError {
        QueueError::Encode { type_name, reason }
    }

    pub(crate) fn decode(CodecError { type_name, reason }: CodecError) -> QueueError {
        QueueError::Decode { type_name, reason }
    }
}
