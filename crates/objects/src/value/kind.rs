//! What the arena must know of values.

use procession_arena::{Block, Handle, Object, ObjectKind, Participant, ProcessId, Result};

use super::{Form, NAME, Value};

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

    fn recover(&self, me: &Participant, object: Object) -> Result<()> {
        Value::open(me, object)?.recover(me)
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

    fn take_apart(&self, me: &Participant, object: Object) -> Result<()> {
        let value = Value::open(me, object)?;
        match value.form {
            Form::Word(_) => Ok(()),
            Form::Record => value.take_apart(me),
        }
    }

    fn visit_blocks(
        &self,
        me: &Participant,
        object: Object,
        visit: &mut dyn FnMut(Block),
    ) -> Result<()> {
        Value::open(me, object)?.visit_blocks(me, visit)
    }

    fn visit_handles(
        &self,
        me: &Participant,
        object: Object,
        visit: &mut dyn FnMut(Handle),
    ) -> Result<()> {
        Value::open(me, object)?.visit_handles(me, visit)
    }
}
