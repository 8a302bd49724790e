//! The table of all objects: what a handle leads to, who holds it, and when it ends.

mod attachment;
mod creation;
mod entry;
mod handle;
mod keeper;
mod kind;

pub(crate) use attachment::Attachments;
pub use attachment::HeldStill;
pub(crate) use entry::{Entry, EntryState};
pub use handle::Handle;
pub use kind::{Object, ObjectKind};
