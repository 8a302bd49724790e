//! What lives in procession's shared memory: bytes in, bytes out.
//!
//! Every object is a plain structure in an [`Arena`](procession_arena::Arena). Operations take the
//! [`Participant`](procession_arena::Participant) in whose name they run, so that the dead can be
//! told from the living; typed values are the business of the floors above.

mod contents;
mod draft;
mod list;
mod queue;
mod reading;
mod record;
mod record_reading;
mod sequence_lock;
mod snapshot;
mod under_way;

use procession_arena::ObjectKind;

pub use list::{Element, List, ListConfig};
pub use queue::{Batch, Message, OnLost, Queue, QueueConfig};
pub use reading::{Expect, Reading, Stamp};
pub use snapshot::{Snapshot, SnapshotEntry};

/// The kinds of objects of this crate, for [`Arena::create`](procession_arena::Arena::create) and
/// [`Arena::attach`](procession_arena::Arena::attach).
pub static KINDS: &[&dyn ObjectKind] = &[&queue::QueueKind, &list::ListKind];
