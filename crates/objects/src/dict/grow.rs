//! Making room: a table with the same entries, built aside, takes the place of the old one.

use procession_arena::{Intent, OWNED, Participant, Result, Transit};

use super::change::will_be;
use super::layout::{self, Header};
use super::table::Table;
use super::{Dict, sequence, table};

impl Dict {
    /// Sees to it that `count` new keys have room, if nobody else takes it.
    ///
    /// Nothing is in transit.
    pub(super) fn make_room(
        &self,
        me: &Participant,
        header: Header<'_>,
        intent: Intent<'_>,
        count: u64,
    ) -> Result<()> {
        loop {
            let wanted = {
                let _guard = self.lock(me, header)?;
                if has_room_for(count, table(me, header)?) {
                    return Ok(());
                }
                entries_with(header, count)
            };
            // Outside the lock: it is large, and there may be no memory for it.
            let larger = Table::create(me, Transit::Payload, wanted)?;
            let guard = self.lock(me, header)?;
            let table = table(me, header)?;
            if has_room_for(count, table) {
                drop(guard);
                return me.release(Transit::Payload);
            }
            if larger.capacity() < entries_with(header, count) {
                drop(guard);
                me.release(Transit::Payload)?;
                continue;
            }
            move_to(me, header, intent, table, larger)?;
            drop(guard);
            me.release(Transit::Structure)?;
            intent.set_expected(0);
            return Ok(());
        }
    }
}

fn has_room_for(count: u64, table: Option<Table<'_>>) -> bool {
    table.is_some_and(|table| table.has_room_for(count))
}

/// Entries that there will be with `count` more.
fn entries_with(header: Header<'_>, count: u64) -> u64 {
    let live = header.word64::<{ layout::LIVE }>().load();
    live.saturating_add(count)
}

/// Copies the entries to `new` and commits it; the old table is this thread's own afterwards.
///
/// The lock is held. Readers go on in the old table until the commit.
fn move_to(
    me: &Participant,
    header: Header<'_>,
    intent: Intent<'_>,
    old: Option<Table<'_>>,
    new: Table<'_>,
) -> Result<()> {
    let mut next = 0;
    let mut moved_up = false;
    if let Some(old) = old {
        old.visit_records(&mut |number, record| {
            new.write_entry(next, old.hash(number)?, record)?;
            moved_up |= next != number;
            next += 1;
            Ok(())
        })?;
        me.hold(old.offset(), Transit::Structure)?;
    }
    new.set_used(next);
    new.fill_index()?;
    let root = header.word64::<{ layout::TABLE }>();
    let renumber = header.word64::<{ layout::RENUMBER }>();
    if moved_up {
        renumber.store(1);
    }
    intent.set_expected_link(header.offset() + layout::TABLE as u64);
    intent.set_expected(will_be(new.offset()));
    {
        let _writing = sequence(header).write();
        root.store(new.offset());
    }
    intent.clear_block(Transit::Payload);
    intent.set_expected(OWNED);
    if moved_up {
        new.renumber()?;
        renumber.store(0);
    }
    Ok(())
}
