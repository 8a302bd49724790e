//! What can go wrong with a queue.

use crate::ClusterError;

/// What can go wrong with a queue.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueueError {
    /// There was no room, and the caller did not want to wait.
    #[error("the queue is full")]
    Full,
    /// There was no message, and the caller did not want to wait.
    #[error("the queue is empty")]
    Empty,
    /// The time that the caller allowed was over.
    #[error("the time was over before it could be done")]
    TimedOut,
    /// The queue was closed; and, for those who get, everything was taken.
    #[error("the queue was closed")]
    Closed,
    /// The queue does not note what is done.
    #[error("the queue is not joinable")]
    NotJoinable,
    /// A message was to be marked as done, but this process holds none.
    #[error("task_done() was called more often than this process got messages from the queue")]
    TaskDoneTooOften,
    /// A process ended with messages that were not done, or was not heard from for longer than its lease.
    #[error(
        "a consumer (pid {pid} on {host}) ended, or was cut off from the server, before it had called task_done(): {count} \
         message(s) were lost"
    )]
    ConsumerLost {
        /// The machine of the process; of the last one if there were several.
        host: String,
        /// The process's number there.
        pid: u32,
        /// Messages lost since the last call that told of a loss.
        count: u64,
    },
    /// The server, or the way to it.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}
