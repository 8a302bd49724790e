//! What the arena must know of semaphores.

use procession_arena::{Block, Handle, Object, ObjectKind, Participant, ProcessId, Result};

use super::Semaphore;

/// Semaphores: plain, bounded, attributed.
#[derive(Debug)]
pub(crate) struct SemaphoreKind;

impl ObjectKind for SemaphoreKind {
    fn tag(&self) -> u8 {
        4
    }

    fn name(&self) -> &'static str {
        "semaphore"
    }

    fn recover(&self, me: &Participant, object: Object) -> Result<()> {
        Semaphore::open(me, object)?.recover(me)
    }

    fn process_gone(
        &self,
        me: &Participant,
        object: Object,
        process: ProcessId,
        _: u32,
    ) -> Result<()> {
        Semaphore::open(me, object)?.take_back(me, process.index)
    }

    fn parts_without_locks(&self) -> bool {
        true
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
