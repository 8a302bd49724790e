//! What the arena must know of events.

use procession_arena::{Block, Handle, Object, ObjectKind, Participant, ProcessId, Result};

use super::layout;

/// Events.
#[derive(Debug)]
pub(crate) struct EventKind;

impl ObjectKind for EventKind {
    fn tag(&self) -> u8 {
        6
    }

    fn name(&self) -> &'static str {
        "event"
    }

    /// Every store of an event is a commit of its own, so what remains are the wakes.
    fn recover(&self, me: &Participant, object: Object) -> Result<()> {
        layout::waiters(layout::header(me.arena(), object.header)?).notify_all();
        Ok(())
    }

    fn process_gone(&self, _: &Participant, _: Object, _: ProcessId, _: u32) -> Result<()> {
        Ok(())
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
