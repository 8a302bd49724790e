//! Processes and what they run, in bytes: the engine room of procession.
//!
//! A program that uses this crate calls [`init()`] first thing in `main`. After that a [`Command`]
//! starts a function of the program in another process, and a [`Child`] stands for that process.
//! The typed face over it is the crate `procession`.
//!
//! Everything that processes share lies in the arena of one *session*: the first process and all
//! its descendants. [`with_participant`] gives an operation on the arena the identity of the
//! calling thread.

pub mod host;
pub mod invitation;
pub mod launch;
pub mod pool;
mod registration;
mod session;

pub use host::{Host, HostError, Hosted};
pub use launch::{
    Arguments, BuildId, CarriedCommand, Child, Command, Current, Entry, EntryError, LaunchError,
    ProcessError, Returned, StartMethod, Stdio, build_id, current, init, init_library, init_test,
};
pub use pool::{PoolError, TaskOutput, WorkerStatistics};
pub use registration::{aside, is_aside, with_participant};
pub use session::{AlreadyBegun, configure};
