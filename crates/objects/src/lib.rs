//! What lives in procession's shared memory: bytes in, bytes out.
//!
//! Every object is a plain structure in an [`Arena`](procession_arena::Arena). Operations take the
//! [`Participant`](procession_arena::Participant) in whose name they run, so that the dead can be
//! told from the living; typed values are the business of the floors above.

mod attach;
mod contents;
mod draft;
mod manager;
mod queue;
mod record;
mod sync;
mod under_way;

use procession_arena::ObjectKind;

pub use manager::Manager;
pub use queue::{Batch, Message, OnLost, Queue, QueueConfig};
pub use sync::{Barrier, Event, LastTurn, PermitRule, Semaphore, Turn};

/// The kinds of objects of this crate, for [`Arena::create`](procession_arena::Arena::create) and
/// [`Arena::attach`](procession_arena::Arena::attach).
pub static KINDS: &[&dyn ObjectKind] = &[
    &queue::QueueKind,
    &sync::SemaphoreKind,
    &sync::EventKind,
    &sync::BarrierKind,
    &manager::ManagerKind,
];
