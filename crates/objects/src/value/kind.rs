//! What the arena must know of values.

use procession_arena::{Block, Handle, Object, ObjectKind, Participant, ProcessId, Result};

use super::NAME;

/// The number of this kind in the object table.
pub(super) const TAG: u8 = 10;

/// Values of either form.
#[derive(Debug)]
pub(crate) struct ValueKind;

impl ObjectKind for ValueKind {
    fn tag(&self) -> u8 {
        TAG
    }

    fn name(&self) -> &'static str {
        NAME
    }

    fn recover(&self, _me: &Participant, _object: Object) -> Result<()> {
        Ok(())
    }

    fn process_gone(
        &self,
        _me: &Participant,
        _object: Object,
        _process: ProcessId,
        _pid: u32,
    ) -> Result<()> {
        Ok(())
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
