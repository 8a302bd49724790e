//! Shared memory that survives its users: the ground floor of procession.
//!
//! An [`Arena`] is one sealed memory file that all processes of a session map. What lies in it
//! has no name outside of it, and any process may be killed at any instruction without blocking,
//! damaging or leaking anything for the others. This crate gives the floors above
//!
//! - [`mem`], the one door to the arena's bytes,
//! - the registry of processes and threads, with a reaper for the dead ([`Participant`]),
//! - a [`Lock`] whose owner is known and whose dead owner is succeeded,
//! - [`Event`]s to wait for, without lost wake-ups,
//! - a heap of [`Block`]s that knows where each one is,
//! - a table of objects named by [`Handle`]s.
//!
//! Each of these modules explains its protocol in a `README.md` beside its code.

mod arena;
mod error;
mod event;
mod heap;
mod layout;
mod lock;
pub mod mem;
mod object_table;
mod registry;
pub mod sys;
mod verify;

pub use arena::{Arena, ArenaConfig};
pub use error::{Error, Result};
pub use event::{Event, Wait};
pub use heap::Block;
pub use layout::LAYOUT_VERSION;
pub use lock::{Guard, Lock};
pub use object_table::{Handle, HeldStill, Object, ObjectKind};
pub use registry::{
    AtWork, FIRST_OF_KIND, Intent, OWNED, Participant, ProcessId, Target, ThreadId, ThreadToken,
    Transit,
};
pub use verify::Inventory;
