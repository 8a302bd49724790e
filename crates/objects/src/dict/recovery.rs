//! Putting a dict right after a thread was killed in it.
//!
//! `README.md` lists every state that a kill can leave. All steps here are idempotent, because
//! whoever makes them may be killed as well.

use procession_arena::{Intent, OWNED, Participant, Result, Transit};

use super::change::will_be;
use super::layout::{self, Header};
use super::{Dict, operation, sequence, table};
use crate::draft::{Draft, settle_draft};

impl Dict {
    /// Makes what is derived agree with the commit words, and settles what the dead have in
    /// transit. The lock is held.
    pub(super) fn recover_locked(&self, me: &Participant, header: Header<'_>) -> Result<()> {
        let old = header.word64::<{ layout::OLD }>();
        if old.load() == header.word64::<{ layout::TABLE }>().load() {
            old.store(0);
        }
        if sequence(header).quiet_version().is_none() {
            let live = match table(me, header)? {
                Some(table) => table.rebuild_index()?,
                None => 0,
            };
            header.word64::<{ layout::LIVE }>().store(live);
        }
        let renumber = header.word64::<{ layout::RENUMBER }>();
        if renumber.load() != 0 {
            if let Some(table) = table(me, header)? {
                table.renumber()?;
            }
            renumber.store(0);
        }
        self.finish_batch(me, header)?;
        self.settle_intents(me)?;
        sequence(header).settle();
        Ok(())
    }

    /// Finishes a change of many entries that was committed.
    fn finish_batch(&self, me: &Participant, header: Header<'_>) -> Result<()> {
        let batch = header.word64::<{ layout::BATCH }>();
        let draft = batch.load();
        if draft == 0 {
            return Ok(());
        }
        if let Some(table) = table(me, header)? {
            self.apply(me, header, table, Draft::open(me.arena(), draft)?)?;
        }
        me.for_each_dead_intent(|intent, target, _| {
            let is_its = target.object == self.object.handle
                && target.operation == operation::EXTEND
                && intent.expected() == will_be(draft);
            // Before the word is gone that tells that the change was committed.
            if is_its {
                intent.set_expected(OWNED);
            }
            Ok(())
        })?;
        batch.store(0);
        Ok(())
    }

    fn settle_intents(&self, me: &Participant) -> Result<()> {
        me.for_each_dead_intent(|intent, target, _| {
            if target.object != self.object.handle {
                return Ok(());
            }
            match target.operation {
                operation::CHANGE | operation::CLEAR => settle(me, intent),
                // Any that was committed is finished by now.
                operation::EXTEND => settle_draft(me, intent, intent.expected() == OWNED),
                _ => Ok(()),
            }
        })
    }

    /// Settles everything that dead threads have under way here.
    pub(super) fn recover(&self, me: &Participant) -> Result<()> {
        let header = self.header(me)?;
        {
            let _guard = layout::lock(header).acquire(me, || Ok(()))?;
            self.recover_locked(me, header)?;
        }
        self.finish_clearing(me, header)
    }
}

/// Settles a change of one word: frees what it made, or what it gave up.
///
/// If the commit word is what the dead thread expected, that is its doing: it held the lock.
fn settle(me: &Participant, intent: Intent<'_>) -> Result<()> {
    let made = intent.block(Transit::Payload);
    let given_up = intent.block(Transit::Structure);
    let to_free = match intent.expected() {
        0 => [made, None],
        OWNED => [made, given_up],
        expected => {
            let place = me.arena().window().word64(intent.expected_link())?;
            match will_be(place.load()) == expected {
                true => [None, given_up],
                false => [made, None],
            }
        }
    };
    for block in to_free.into_iter().flatten() {
        me.free(block)?;
    }
    intent.clear_transit();
    Ok(())
}
