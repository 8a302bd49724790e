//! What the arena must know of barriers.

use procession_arena::{Block, Handle, Object, ObjectKind, Participant, ProcessId, Result};

use super::Barrier;

/// Barriers.
#[derive(Debug)]
pub(crate) struct BarrierKind;

impl ObjectKind for BarrierKind {
    fn tag(&self) -> u8 {
        7
    }

    fn name(&self) -> &'static str {
        "barrier"
    }

    fn recover(&self, me: &Participant, object: Object) -> Result<()> {
        Barrier::open(me, object)?.recover(me)
    }

    /// Whoever acts has nothing of the barrier in its intent, so its end is noticed here.
    fn process_gone(&self, me: &Participant, object: Object, _: ProcessId, _: u32) -> Result<()> {
        Barrier::open(me, object)?.break_for_the_gone(me)
    }

    fn take_apart(&self, _: &Participant, _: Object) -> Result<()> {
        Ok(())
    }

    fn visit_blocks(&self, _: &Participant, _: Object, _: &mut dyn FnMut(Block)) -> Result<()> {
        Ok(())
    }

    fn visit_handles(&self, _: &Participant, _: Object, _: &mut dyn FnMut(Handle)) -> Result<()> {
        Ok(())
    }
}
