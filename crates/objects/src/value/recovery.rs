//! The record form: putting a value right after a thread was killed in it, and looking through it.

use procession_arena::{Block, Handle, Intent, OWNED, Participant, Result, Transit};

use super::get::record;
use super::layout::{self, Header};
use super::{Form, Value, operation};
use crate::record::Record;

impl Value {
    /// Settles everything that dead threads have under way here. Nobody ever sleeps here.
    pub(super) fn recover(&self, me: &Participant) -> Result<()> {
        if self.form != Form::Record {
            return Ok(());
        }
        let header = self.header(me)?;
        let _guard = layout::sequence(header).acquire(me, || Ok(()))?;
        self.recover_locked(me, header)
    }

    /// Settles what dead threads have in transit. The lock is held.
    pub(super) fn recover_locked(&self, me: &Participant, header: Header<'_>) -> Result<()> {
        let found = header.word64::<{ layout::RECORD }>().load();
        me.for_each_dead_intent(|intent, target, _| {
            match (target.object == self.object.handle, target.operation) {
                (true, operation::SET | operation::TAKE_APART) => settle(me, intent, found),
                _ => Ok(()),
            }
        })?;
        layout::sequence(header).settle();
        Ok(())
    }

    pub(super) fn visit_blocks(
        &self,
        me: &Participant,
        visit: &mut dyn FnMut(Block),
    ) -> Result<()> {
        if self.form == Form::Record
            && let Some(record) = record(self.header(me)?)
        {
            visit(me.arena().block_at(record)?);
        }
        Ok(())
    }

    pub(super) fn visit_handles(
        &self,
        me: &Participant,
        visit: &mut dyn FnMut(Handle),
    ) -> Result<()> {
        let header = self.header(me)?;
        let carries = header.word32::<{ layout::CARRIES_HANDLES }>().load() != 0;
        if self.form != Form::Record || !carries {
            return Ok(());
        }
        let _guard = layout::sequence(header).acquire(me, || self.recover_locked(me, header))?;
        if let Some(record) = record(header) {
            let record = Record::open(me.arena(), record)?;
            record.handles(record.extent())?.into_iter().for_each(visit);
        }
        Ok(())
    }
}

/// A dead writer's records: after its commit the old one is to be freed, before it the new one.
fn settle(me: &Participant, intent: Intent<'_>, found: u64) -> Result<()> {
    let expected = intent.expected();
    let committed = expected == OWNED || (expected != 0 && expected == found + 1);
    let leftover = match committed {
        true => Transit::Structure,
        false => Transit::Payload,
    };
    if let Some(block) = intent.block(leftover) {
        me.free(block)?;
    }
    intent.clear_transit();
    Ok(())
}
