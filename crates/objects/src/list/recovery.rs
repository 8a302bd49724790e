//! Putting a list right after a thread was killed in it.
//!
//! `README.md` lists every state that a kill can leave. All steps here are idempotent, because
//! whoever makes them may be killed as well.

use procession_arena::{Intent, OWNED, Participant, Result, Target, Transit};

use super::layout::{self, Header};
use super::root::Root;
use super::{List, operation};
use crate::draft::settle_draft;

impl List {
    /// Settles what dead threads have in transit, and lets readers in again.
    ///
    /// The lock is held.
    pub(super) fn recover_locked(&self, me: &Participant, header: Header<'_>) -> Result<()> {
        me.for_each_dead_intent(|intent, target, _| match self.operation_of(target) {
            Some(operation::PUSH) => self.settle_push(me, header, intent),
            Some(operation::UNLINK) => self.settle_unlinking(me, header, intent),
            Some(operation::SET) => settle_set(me, intent),
            Some(operation::CHANGE) => {
                let expected = intent.expected();
                let root = header.word64::<{ layout::ROOT }>().load();
                let committed = expected == OWNED || (expected != 0 && expected == root);
                settle_draft(me, intent, committed)
            }
            _ => Ok(()),
        })?;
        layout::sequence(header).settle();
        Ok(())
    }

    /// The operation that a dead thread had under way, if it was one on this list.
    fn operation_of(&self, target: Target) -> Option<u8> {
        (target.object == self.object.handle).then_some(target.operation)
    }

    /// An element that was to come to the end, and a chunk for it.
    fn settle_push(&self, me: &Participant, header: Header<'_>, intent: Intent<'_>) -> Result<()> {
        if let Some(chunk) = intent.block(Transit::Structure)
            && !is_last_chunk(self.root(me, header)?, chunk.offset)?
        {
            me.free(chunk)?;
        }
        if let Some(record) = intent.block(Transit::Payload)
            && !was_committed(me, intent)?
        {
            self.clear_end(me, header, intent, record.offset)?;
            me.free(record)?;
        }
        intent.clear_transit();
        Ok(())
    }

    /// A block that was being unlinked: the last element, what lies behind it, or a root.
    fn settle_unlinking(
        &self,
        me: &Participant,
        header: Header<'_>,
        intent: Intent<'_>,
    ) -> Result<()> {
        if let Some(block) = intent.block(Transit::Structure)
            && was_committed(me, intent)?
        {
            self.clear_end(me, header, intent, block.offset)?;
            me.free(block)?;
        }
        intent.clear_transit();
        Ok(())
    }

    /// Clears the word behind the last element if it leads to `record`, which was to come there
    /// or has gone from there, and is about to be freed.
    fn clear_end(
        &self,
        me: &Participant,
        header: Header<'_>,
        intent: Intent<'_>,
        record: u64,
    ) -> Result<()> {
        let expected = intent.expected();
        let root = header.word64::<{ layout::ROOT }>().load();
        if expected == 0 || expected == OWNED || root == 0 {
            return Ok(());
        }
        let root = self.root(me, header)?;
        if intent.expected_link() != root.length_place() {
            return Ok(());
        }
        let slot = root.slot(root.length().load(), self.chunk_bits)?;
        if slot.load() == record {
            slot.store(0);
        }
        Ok(())
    }

    /// Settles everything that dead threads have under way here. Nobody ever sleeps on a list.
    pub(super) fn recover(&self, me: &Participant) -> Result<()> {
        let header = self.header(me)?;
        {
            let _guard = layout::sequence(header).acquire(me, || Ok(()))?;
            self.recover_locked(me, header)?;
            if header.word64::<{ layout::ROOT }>().load() == 0 {
                return Ok(());
            }
        }
        // What they cut off and did not free. Objects that nothing else leads to go with the
        // holds of the dead, which end next.
        while self.sweep_some(me, &mut Vec::new())? {}
        Ok(())
    }
}

/// An element that was to replace another one.
fn settle_set(me: &Participant, intent: Intent<'_>) -> Result<()> {
    let unlinked = match was_committed(me, intent)? {
        true => Transit::Structure,
        false => Transit::Payload,
    };
    if let Some(block) = intent.block(unlinked) {
        me.free(block)?;
    }
    intent.clear_transit();
    Ok(())
}

/// Whether the commit store was made that the intent expects. If it expects one, the dead held
/// the lock, so the word still is as it left it.
fn was_committed(me: &Participant, intent: Intent<'_>) -> Result<bool> {
    Ok(match intent.expected() {
        0 => false,
        OWNED => true,
        expected => {
            let word = me.arena().window().word64(intent.expected_link())?;
            word.load().wrapping_add(1) == expected
        }
    })
}

/// Only the last chunk can have been linked by a thread that was killed right then.
fn is_last_chunk(root: Root<'_>, chunk: u64) -> Result<bool> {
    Ok(root.last()?.is_some_and(|last| last.chunk.offset == chunk))
}
