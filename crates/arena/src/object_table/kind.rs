//! What the arena must know of a kind of object.

use std::fmt::Debug;

use crate::error::Result;
use crate::heap::Block;
use crate::object_table::Handle;
use crate::registry::{Participant, ProcessId};

/// An object in the arena, as its kind's code sees it.
#[derive(Clone, Copy, Debug)]
pub struct Object {
    /// Its name.
    pub handle: Handle,
    /// Where the payload of its header block begins.
    pub header: u64,
}

/// A kind of object: how it is recovered, taken apart and checked.
///
/// The floors above give their kinds to the arena when they open it, so that the arena can put
/// right what a dead thread left in an object without knowing what the object is.
pub trait ObjectKind: Debug + Sync {
    /// The number that stands in the object table; not zero.
    fn tag(&self) -> u8;

    /// What users call it.
    fn name(&self) -> &'static str;

    /// Settles everything that dead threads have under way in the object, then wakes everybody
    /// who sleeps on it (rule W4 of waiting).
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](crate::Error::Corrupt) if the object is damaged.
    fn recover(&self, me: &Participant, object: Object) -> Result<()>;

    /// Does what the object promises for the case that `process` has no part in it any more.
    ///
    /// # Errors
    ///
    /// As [`recover`](Self::recover).
    fn process_gone(
        &self,
        me: &Participant,
        object: Object,
        process: ProcessId,
        pid: u32,
    ) -> Result<()>;

    /// Whether [`process_gone`](Self::process_gone) takes no lock and waits for nothing.
    ///
    /// Then no thread of a living process that lets go of the object can get hold of it anew meanwhile, and
    /// what such a thread does with it is not mistaken for what the process leaves behind.
    fn parts_without_locks(&self) -> bool {
        false
    }

    /// Does what the object promises for the case that nothing but its keeper leads to it any more
    /// ([`Participant::keep`]). May be called more than once.
    ///
    /// # Errors
    ///
    /// As [`recover`](Self::recover).
    fn left_to_keeper(&self, _me: &Participant, _object: Object) -> Result<()> {
        Ok(())
    }

    /// Frees every block but the header block. Called once nobody has a handle; may have been
    /// called before by a process that was killed in the middle of it.
    ///
    /// # Errors
    ///
    /// As [`recover`](Self::recover).
    fn take_apart(&self, me: &Participant, object: Object) -> Result<()>;

    /// Calls `visit` with each block that the object refers to, except the header block.
    ///
    /// # Errors
    ///
    /// As [`recover`](Self::recover).
    fn visit_blocks(
        &self,
        me: &Participant,
        object: Object,
        visit: &mut dyn FnMut(Block),
    ) -> Result<()>;

    /// Calls `visit` with each handle that stands in the object.
    ///
    /// # Errors
    ///
    /// As [`recover`](Self::recover).
    fn visit_handles(
        &self,
        me: &Participant,
        object: Object,
        visit: &mut dyn FnMut(Handle),
    ) -> Result<()>;
}
