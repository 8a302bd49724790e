//! What lives in procession's shared memory: bytes in, bytes out.
//!
//! Every object is a plain structure in an [`Arena`](procession_arena::Arena). Operations take the
//! [`Participant`](procession_arena::Participant) in whose name they run, so that the dead can be
//! told from the living; typed values are the business of the floors above.

mod array;
mod attach;
mod cell;
mod contents;
mod desk;
mod dict;
mod draft;
mod list;
mod manager;
mod queue;
mod reading;
mod record;
mod record_reading;
mod sequence_lock;
mod snapshot;
mod sync;
mod under_way;
mod value;

use procession_arena::ObjectKind;

pub use array::{Initial, SharedArray};
pub use cell::AtomicCell;
pub use desk::{Activity, Desk, Mark};
pub use dict::{Change, Dict, DictConfig, Item};
pub use list::{Element, List, ListConfig};
pub use manager::Manager;
pub use queue::{Batch, Message, OnLost, Queue, QueueConfig};
pub use reading::{Expect, Reading, Stamp};
pub use snapshot::{Snapshot, SnapshotEntry};
pub use sync::{
    Barrier, Condition, Event, Hold, Holder, LastTurn, Lock, PermitRule, ReentrantLock, Semaphore,
    Taken, Turn, Waited, Waiting,
};
pub use value::Value;

/// The kinds of objects of this crate, for [`Arena::create`](procession_arena::Arena::create) and
/// [`Arena::attach`](procession_arena::Arena::attach).
pub static KINDS: &[&dyn ObjectKind] = &[
    &queue::QueueKind,
    &sync::LockKind,
    &sync::ReentrantLockKind,
    &sync::ConditionKind,
    &sync::SemaphoreKind,
    &sync::EventKind,
    &sync::BarrierKind,
    &dict::DictKind,
    &list::ListKind,
    &value::ValueKind,
    &array::ArrayKind,
    &manager::ManagerKind,
];
