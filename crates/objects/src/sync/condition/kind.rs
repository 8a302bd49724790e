//! What the arena must know of conditions.

use procession_arena::{Block, Handle, Object, ObjectKind, Participant, ProcessId, Result};

use super::{Condition, layout};

/// The number of this kind in the object table.
pub(super) const TAG: u8 = 5;

/// What users call it.
pub(super) const NAME: &str = "condition";

/// Conditions.
#[derive(Debug)]
pub(crate) struct ConditionKind;

impl ObjectKind for ConditionKind {
    fn tag(&self) -> u8 {
        TAG
    }

    fn name(&self) -> &'static str {
        NAME
    }

    fn recover(&self, me: &Participant, object: Object) -> Result<()> {
        Condition::recover(me, object)
    }

    /// Whoever of it waited was recovered as a thread.
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
        me: &Participant,
        object: Object,
        visit: &mut dyn FnMut(Handle),
    ) -> Result<()> {
        let header = layout::header(me.arena(), object.header)?;
        visit(Handle::unpack(
            header.word64::<{ layout::GUARDED }>().load(),
        ));
        Ok(())
    }
}
