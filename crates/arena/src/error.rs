//! What can go wrong in the arena and its objects.

use std::io;

use crate::Handle;

/// The result of an operation on the arena or on an object in it.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong in the arena and its objects.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The session's memory cap, or the machine's memory, does not allow the allocation.
    #[error(
        "out of shared memory: {wanted} bytes were asked for, the session may hold {cap} bytes; \
         take items out, send less at a time, or raise the session's memory cap"
    )]
    OutOfMemory {
        /// Bytes that were asked for.
        wanted: u64,
        /// Bytes that the session may hold altogether.
        cap: u64,
    },
    /// Every process slot of the session is taken.
    #[error(
        "the session has room for {limit} processes and all are taken; join ended processes or \
         raise `max_processes` before the session's first use"
    )]
    TooManyProcesses {
        /// Process slots in the session.
        limit: u16,
    },
    /// Every thread slot of the session is taken.
    #[error(
        "the session has room for {limit} threads and all are taken; raise `max_threads` before \
         the session's first use"
    )]
    TooManyThreads {
        /// Thread slots in the session.
        limit: u16,
    },
    /// Every object slot of the session is taken.
    #[error("the session has room for {limit} shared objects and all are taken; drop some")]
    TooManyObjects {
        /// Object slots in the session.
        limit: u32,
    },
    /// The object that a handle names no longer exists.
    #[error("the shared object {handle} no longer exists: its last holder dropped it")]
    StaleHandle {
        /// The handle that was used.
        handle: Handle,
    },
    /// A handle names an object of another type.
    #[error("the shared object {handle} is a {found}, not a {expected}")]
    WrongKind {
        /// The handle that was used.
        handle: Handle,
        /// The type that was asked for.
        expected: &'static str,
        /// The type that the object has.
        found: &'static str,
    },
    /// A value in shared memory is not one that procession can have written there.
    #[error(
        "shared memory is damaged: {what}; a process of this session has overwritten it by accident"
    )]
    Corrupt {
        /// What was found to be wrong.
        what: &'static str,
    },
    /// The memory that was handed over is not an arena of this version of procession.
    #[error("this is not an arena of this build of procession: {what}")]
    NotAnArena {
        /// What was found to be wrong.
        what: &'static str,
    },
    /// The operating system refused a call.
    #[error("the system refused {call}: {source}")]
    System {
        /// The call.
        call: &'static str,
        /// The system's reason.
        source: io::Error,
    },
    /// A message carries too many handles.
    #[error("a message can carry {limit} handles of shared objects at most; send several messages")]
    TooManyHandles {
        /// Handles that a message can carry.
        limit: usize,
    },
    /// There was no free place in the queue.
    #[error("the queue is full")]
    Full,
    /// There was no item in the queue.
    #[error("the queue is empty")]
    Empty,
    /// The time that the caller allowed was over.
    #[error("the time was over before it could be done")]
    TimedOut,
    /// The queue was closed.
    #[error("the queue is closed")]
    Closed,
    /// `task_done` was called more often than this process took items.
    #[error(
        "task_done() was called more often than this process took items from the queue; call it \
         exactly once for each item, in the process that got it"
    )]
    TaskDoneTooOften,
    /// `task_done` or `join` was called on a queue that does not count.
    #[error("this is a plain queue, which counts no tasks; create a JoinableQueue")]
    NotJoinable,
    /// A consumer ended while it held items that it had not marked as done.
    #[error(
        "a consumer (pid {pid}) ended before it had called task_done(): {count} item(s) were lost; \
         call join() again to wait for the rest, or create the queue with redelivery"
    )]
    ConsumerLost {
        /// The process that ended; the last one if there were several.
        pid: u32,
        /// Items lost since this process was last told.
        count: u64,
    },
    /// A typed object contains something else than was asked for.
    #[error("the shared object {handle} is a {kind} of {found}, not a {kind} of {expected}")]
    WrongContents {
        /// The handle that was used.
        handle: Handle,
        /// What both are.
        kind: &'static str,
        /// What was asked for.
        expected: String,
        /// What the object contains.
        found: String,
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
    /// A lock was acquired more often than can be counted.
    #[error("a reentrant lock was acquired four billion times by the same thread")]
    AcquiredTooOften,
    /// A bounded semaphore was released more often than it was acquired.
    #[error(
        "the bounded semaphore was released more often than it was acquired: it has {bound} \
         permits and none of them is taken"
    )]
    ReleasedTooOften {
        /// Permits that the semaphore has.
        bound: u32,
    },
    /// A semaphore has as many permits as can be counted.
    #[error("a semaphore can have {limit} permits at most")]
    TooManyPermits {
        /// Permits that a semaphore can have.
        limit: u32,
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
        index: u64,
        /// How many elements there were.
        length: u64,
    },
    /// The process from which an answer was awaited has ended.
    #[error("the process that was to answer has ended")]
    PeerGone,
}

impl Error {
    pub(crate) fn corrupt(what: &'static str) -> Error {
        Error::Corrupt { what }
    }

    pub(crate) fn system(call: &'static str, source: impl Into<io::Error>) -> Error {
        Error::System {
            call,
            source: source.into(),
        }
    }
}
