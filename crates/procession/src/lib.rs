//! Process-based parallelism that survives `kill -9`: [`Process`], [`Pool`], [`Queue`], [`JoinableQueue`], and a
//! [`Manager`] with dicts, lists, values, arrays and every kind of lock.
//!
//! A process gives what a thread cannot: a library that crashes takes only its own process along, a
//! task that runs too long can be killed, one that needs too much memory can be stopped. What
//! made processes awkward so far is everything around them: starting one at a function, getting
//! values in and out, sharing work among several, and finding out what happened when one is gone.
//! That is what this crate does, in the way that Python's `multiprocessing` made familiar, and with
//! one promise on top: **whichever process is killed, at whichever instruction, nobody else is blocked,
//! nothing is damaged and nothing leaks.**
//!
//! # A first program
//!
//! ```
//! use procession::{Process, Queue, QueueError};
//!
//! /// Runs in a process of its own.
//! fn count_words(texts: Queue<String>) -> Result<usize, QueueError> {
//!     let mut words = 0;
//!     for text in &texts {
//!         words += text?.split_whitespace().count();
//!     }
//!     Ok(words)
//! }
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     procession::init(); // always the first thing in `main`
//!
//!     let texts = Queue::new()?;
//!     let first = Process::spawn(count_words, (texts.clone(),))?;
//!     let second = Process::spawn(count_words, (texts.clone(),))?;
//!
//!     texts.put(&"the quick brown fox".to_owned())?;
//!     texts.put(&"jumps over the lazy dog".to_owned())?;
//!     texts.close()?; // the loops over it end once it is empty
//!
//!     assert_eq!(first.join()?? + second.join()??, 9);
//!     Ok(())
//! }
//! ```
//!
//! Larger ones are in the directory `examples` of the repository: `kitchen`, with producers and
//! consumers, `squares`, `squares_async` and `callbacks`, with a pool, `countdown`, with a shared dict and a lock, and `checksums` and `wordcount`, which work through a directory
//! tree with all processors.
//!
//! # One process, or a pool of them
//!
//! A [`Process`] is started for one function and ends with it. A [`Pool`] starts its processes once and has them carry out any number of
//! tasks; it replaces those that end. What many tasks need goes into a [`Shared`], which is sent once.
//!
//! # What processes share
//!
//! | object | what it is |
//! |---|---|
//! | [`Queue`], [`JoinableQueue`] | items that go from one process to another |
//! | [`Dict`], [`Namespace`] | maps in the order of insertion |
//! | [`List`] | a vector |
//! | [`Value`], [`SharedArray`] | one value; plain elements |
//! | [`Lock`], [`RLock`], [`Condition`], [`Event`], [`Barrier`], [`Semaphore`], [`BoundedSemaphore`] | who may go on, and when |
//! | [`Proxy`] | a value of any type, kept by the server process of a [`Manager`] |
//!
//! All but the last lie in shared memory: no server stands between a process and its data. Each has a `new`,
//! and a [`Manager`] makes them too. Their handles are plain serde values, and an object lives as long as a
//! handle of it is anywhere: in a process, in an item, in another object.
//!
//! # The rules of `init`
//!
//! A process is started by running the program again, that is its executable from the beginning.
//! [`init()`] is where the new process leaves the path of the old one: it runs its function and ends,
//! and `init` never returns in it. Therefore:
//!
//! - Call [`init()`] **first thing in `main`**. What comes before it happens in every process.
//! - Without it no process can be started: [`Process::spawn`] says so, instead of running `main`
//!   over and over.
//! - In a `#[test]`, which has no `main`, the first line is [`init_test!()`](init_test!) instead.
//! - In a library do neither, and tell your users to.
//!
//! # What can run in another process
//!
//! Any function, and any closure that captures nothing: see [`Function`]. One that captures something
//! does not compile; what it needs it gets as arguments, at most eight, and what it returns comes back
//! from [`Process::join`].
//!
//! Arguments, results and items of queues can be of any type that implements serde's `Serialize` and
//! `Deserialize` and borrows nothing. Handles of shared objects are such types: they can be passed
//! as arguments, inside other shared objects, and as results. What serde offers for formats that describe
//! themselves (`#[serde(flatten)]`, `#[serde(untagged)]`, `#[serde(tag)]`) does not work, since
//! the format in between is the compact one of postcard.
//!
//! # What a death means
//!
//! | what dies | what happens |
//! |---|---|
//! | a process within `put` | the item is wholly in the queue, or wholly not |
//! | a process that holds a [`Lock`] or an [`RLock`] | the next one gets it at once, and is told: [`LockError::Abandoned`] |
//! | a process that changes a [`Dict`], [`List`] or [`Value`] | the change is wholly there, or wholly not |
//! | the server of a [`Manager`] | callers of its hosted values are told at once; all else goes on |
//! | a process within `get`, or with an item that it has got | the item is lost with it; a [`JoinableQueue`] reports it, or gives it to another process |
//! | a process that waits | nobody else is affected; except at a [`Barrier`], which breaks for all the others |
//! | a process with permits of a [`Semaphore`] | they come back if it is [attributed](SemaphoreBuilder::attributed), and stay taken otherwise |
//! | a worker of a [`Pool`] | its running task fails with [`PoolError::WorkerLost`], or is run again; the worker is replaced |
//! | a process that another one joins | [`Process::join`] tells how it ended |
//! | the process that started others | its daemonic processes end at once, even if it was killed; the others go on |
//! | all of them | the memory goes back to the system; nothing has a name that could be left over |
//!
//! A process is never taken for dead because it is slow, stopped or paged out: the kernel alone tells.
//! Processes of a session trust each other; one that writes into the shared memory on purpose can do harm.
//!
//! # Platforms
//!
//! Linux on x86-64 and AArch64.

mod attachment;
mod barrier;
mod cluster;
mod codec;
mod condition;
mod context;
mod current_process;
mod deadline;
mod dict;
mod event;
mod function;
mod handle;
mod init;
mod joinable_queue;
mod list;
mod lock;
mod lock_error;
mod manager;
mod namespace;
mod number;
mod on_server;
mod passengers;
mod place;
mod pool;
mod process;
mod queue;
mod queue_error;
mod reentrant_lock;
mod semaphore;
mod shared;
mod shared_array;
mod shared_error;
mod spawn_error;
mod testing;
mod value;
mod version;

pub use barrier::{Barrier, BarrierTurn};
pub use cluster::{Cluster, connect};
pub use condition::{Condition, ConditionLock};
pub use context::{Context, context};
pub use current_process::{CurrentProcess, current_process};
pub use dict::Dict;
pub use event::Event;
pub use function::Function;
pub use init::init;
pub use joinable_queue::{Delivery, JoinableQueue, JoinableQueueBuilder};
pub use list::List;
pub use lock::{Holder, Lock, LockGuard};
pub use lock_error::LockError;
pub use manager::{ByMutableReference, ByReference, Manager, Method, Proxy, ProxyError};
pub use namespace::Namespace;
pub use number::{Bits, Number};
pub use pool::{AsyncResult, Imap, Numbered, Pool, PoolBuilder, Prepared, Submission};
pub use process::{Process, ProcessBuilder};
pub use procession_cluster::ClusterError;
pub use procession_engine::{
    AlreadyBegun, LaunchError, PoolError, ProcessError, StartMethod, Stdio, TaskOutput,
    WorkerStatistics,
};
pub use procession_objects::OnLost;
pub use queue::{GetManyError, Iter, PutManyError, Queue, QueueBuilder};
pub use queue_error::QueueError;
pub use reentrant_lock::{RLock, RLockGuard};
pub use semaphore::{BoundedSemaphore, Permit, Semaphore, SemaphoreBuilder};
pub use shared::Shared;
pub use shared_array::{ArrayGuard, SharedArray};
pub use shared_error::SharedError;
pub use spawn_error::SpawnError;
pub use value::Value;

/// The programs in the README are true.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// What the macros of this crate expand to; not for direct use.
#[doc(hidden)]
pub mod __private {
    pub use crate::testing::init_test;
}
