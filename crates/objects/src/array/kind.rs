//! What the arena must know of arrays.

use procession_arena::{Block, Handle, Object, ObjectKind, Participant, ProcessId, Result};

use super::{NAME, SharedArray};

/// The number of this kind in the object table.
pub(super) const TAG: u8 = 11;

/// Arrays.
#[derive(Debug)]
pub(crate) struct ArrayKind;

impl ObjectKind for ArrayKind {
    fn tag(&self) -> u8 {
        TAG
    }

    fn name(&self) -> &'static str {
        NAME
    }

    /// Nothing is ever in transit; but whoever died may have owed a wake.
    fn recover(&self, me: &Participant, object: Object) -> Result<()> {
        SharedArray::open(me, object)?.lock(me)?.recover();
        Ok(())
    }

    fn process_gone(
        &self,
        me: &Participant,
        object: Object,
        process: ProcessId,
        pid: u32,
    ) -> Result<()> {
        let array = SharedArray::open(me, object)?;
        array.lock(me)?.process_gone(process, pid)
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
