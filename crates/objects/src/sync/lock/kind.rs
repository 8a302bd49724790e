//! What the arena must know of locks.

use procession_arena::{Block, Handle, Object, ObjectKind, Participant, ProcessId, Result};

use super::Lock;

/// The number of this kind in the object table.
pub(in crate::sync) const TAG: u8 = 2;

/// What users call it.
pub(in crate::sync) const NAME: &str = "lock";

/// Locks.
#[derive(Debug)]
pub(crate) struct LockKind;

impl ObjectKind for LockKind {
    fn tag(&self) -> u8 {
        TAG
    }

    fn name(&self) -> &'static str {
        NAME
    }

    /// Nothing is ever in transit: the lock's word says it all.
    fn recover(&self, me: &Participant, object: Object) -> Result<()> {
        Lock::of(object).ownership(me)?.wake_everybody();
        Ok(())
    }

    fn process_gone(
        &self,
        me: &Participant,
        object: Object,
        process: ProcessId,
        pid: u32,
    ) -> Result<()> {
        Lock::of(object).ownership(me)?.process_gone(process, pid)
    }

    fn parts_without_locks(&self) -> bool {
        true
    }

    fn take_apart(&self, _me: &Participant, _object: Object) -> Result<()> {
        Ok(())
    }

    fn visit_blocks(
        &self,
        _me: &Participant,
        _object: Object,
        _visit: &mut dyn FnMut(Block),
    ) -> Result<()> {
        Ok(())
    }

    fn visit_handles(
        &self,
        _me: &Participant,
        _object: Object,
        _visit: &mut dyn FnMut(Handle),
    ) -> Result<()> {
        Ok(())
    }
}
