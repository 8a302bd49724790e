//! What can go wrong with shared objects other than queues.

use procession_arena::Error;
use procession_cluster::ClusterError;
use procession_cluster::array::ArrayError;
use serde::{Deserialize, Serialize};

use crate::codec::CodecError;
use crate::on_server::length;

/// What can go wrong with a shared object: a dict, a list, a value, a lock and its kin.
///
/// It is one type for all of them, so that a function which uses several can use `?` throughout, and it
/// is serializable, so that such a function can run in another process and hand the error home
/// as its result. Each operation says under *Errors* which ones to expect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum SharedError {
    /// Somebody else holds it, and the caller did not want to wait.
    #[error("it is held by somebody else: wait for it, or try again later")]
    WouldBlock,
    /// The time that the caller allowed was over.
    #[error("the time was over before it could be done: try again, or allow more time")]
    TimedOut,
    /// The process that held the lock ended without releasing it; what it guards may be half
    /// changed.
    #[error(
        "the process that held the lock (pid {pid}) ended without releasing it, so that what the lock \
         guards may be half changed: check it, and take the guard out of the error to go on"
    )]
    Abandoned {
        /// The process that ended.
        pid: u32,
    },
    /// What was to be released is not held.
    #[error("it cannot be released, because it is not held: acquire it first, and release it once")]
    NotHeld,
    /// What was to be released is held by another thread.
    #[error(
        "it cannot be released by this thread, because another one holds it (pid {pid}): a \
         reentrant lock is released by the thread that acquired it"
    )]
    HeldByAnother {
        /// The process whose thread holds it.
        pid: u32,
    },
    /// A bounded semaphore was released more often than it was acquired.
    #[error(
        "the bounded semaphore was released more often than it was acquired: it has {bound} \
         permits and none of them is taken"
    )]
    ReleasedTooOften {
        /// Permits that the semaphore has.
        bound: u32,
    },
    /// The barrier is broken, and those that waited at it were sent away.
    #[error(
        "the barrier is broken: somebody gave up waiting, was killed while waiting, or aborted it; \
         reset() it to use it again"
    )]
    BrokenBarrier,
    /// A position beyond the end of a list or array.
    #[error("index {index} is beyond the end: there are {length} elements")]
    IndexOutOfRange {
        /// The position that was asked for.
        index: usize,
        /// How many elements there were.
        length: usize,
    },
    /// There is no entry of that key.
    #[error("there is no entry of the key {key}")]
    KeyAbsent {
        /// The key, as its `Debug` shows it.
        key: String,
    },
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// The object contains values of another type than was asked for.
    #[error("it is a {kind} of `{found}`, not a {kind} of `{expected}`")]
    WrongType {
        /// What both are.
        kind: String,
        /// The type that was asked for.
        expected: String,
        /// The type that it was created with.
        found: String,
    },
    /// The manager was shut down.
    #[error("the manager was shut down and makes nothing any more: make a new one")]
    ShutDown,
    /// The session's memory does not suffice. The object is as before.
    #[error(
        "out of shared memory: {wanted} bytes were asked for and the session may hold {cap}: remove \
         what is not needed, or raise the session's `memory_cap`"
    )]
    OutOfMemory {
        /// Bytes that were asked for.
        wanted: u64,
        /// Bytes that the session may hold altogether.
        cap: u64,
    },
    /// A value could not be serialized. Nothing was changed.
    #[error("a value of type `{type_name}` could not be serialized: {reason}")]
    Encode {
        /// The value's type.
        type_name: String,
        /// What its `Serialize` said.
        reason: String,
    },
    /// A value could not be deserialized. It is still where it was, unless it was taken out.
    #[error("a value could not be deserialized as `{type_name}`: {reason}")]
    Decode {
        /// The type that was asked for.
        type_name: String,
        /// What its `Deserialize` said.
        reason: String,
    },
    /// It was asked for where an array is in memory, but it is on a server.
    #[error(
        "the array is on a server, so that its elements cannot be seen in place: read them into memory of your own, or make \
         the array without a `Cluster`"
    )]
    NotInMemory,
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

impl From<Error> for SharedError {
    fn from(error: Error) -> SharedError {
        match error {
            Error::TimedOut => SharedError::TimedOut,
            Error::Empty => SharedError::Empty,
            Error::NotHeld => SharedError::NotHeld,
            Error::HeldByAnother { pid } => SharedError::HeldByAnother { pid },
            Error::ReleasedTooOften { bound } => SharedError::ReleasedTooOften { bound },
            Error::BrokenBarrier => SharedError::BrokenBarrier,
            Error::IndexOutOfRange { index, length } => SharedError::IndexOutOfRange {
                index: usize::try_from(index).unwrap_or(usize::MAX),
                length: usize::try_from(length).unwrap_or(usize::MAX),
            },
            Error::WrongContents {
                kind,
                expected,
                found,
                ..
            } => SharedError::WrongType {
                kind: kind.to_owned(),
                expected,
                found,
            },
            Error::OutOfMemory { wanted, cap } => SharedError::OutOfMemory { wanted, cap },
            other => SharedError::Session {
                reason: other.to_string(),
            },
        }
    }
}

impl From<ClusterError> for SharedError {
    fn from(error: ClusterError) -> SharedError {
        SharedError::Cluster(error)
    }
}

impl From<ArrayError> for SharedError {
    fn from(error: ArrayError) -> SharedError {
        match error {
            ArrayError::OutOfRange { index, len } => SharedError::IndexOutOfRange {
                index: length(index),
                length: length(len),
            },
            ArrayError::Cluster(error) => SharedError::Cluster(error),
        }
    }
}

impl SharedError {
    pub(crate) fn encode(CodecError { type_name, reason }: CodecError) -> SharedError {
        SharedError::Encode { type_name, reason }
    }

    pub(crate) fn decode(CodecError { type_name, reason }: CodecError) -> SharedError {
        SharedError::Decode { type_name, reason }
    }
}
