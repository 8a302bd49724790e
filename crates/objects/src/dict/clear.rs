//! Removing everything: at once, and what it took up little by little.

use procession_arena::{Handle, Intent, OWNED, Participant, Result, Transit};

use super::change::will_be;
use super::layout::{self, Header};
use super::table::Table;
use super::{Dict, operation, sequence};
use crate::record::Record;

/// Records that are freed while the lock is held without a break.
const AT_ONCE: usize = 64;

impl Dict {
    /// Removes all entries.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt) if the dict is damaged.
    ///
    /// # If a process dies
    ///
    /// Inside: all entries are there or none.
    pub fn clear(&self, me: &Participant) -> Result<()> {
        let mut given_up = Vec::new();
        self.empty(me, &mut given_up)?;
        me.destroy_all_unreachable(given_up)
    }

    /// Removes all entries. Their handles go to `given_up`.
    fn empty(&self, me: &Participant, given_up: &mut Vec<Handle>) -> Result<()> {
        let under_way = self.begin(me, operation::CLEAR)?;
        let header = self.header(me)?;
        loop {
            self.free_old(me, header, under_way.intent, given_up)?;
            let _guard = self.lock(me, header)?;
            if header.word64::<{ layout::OLD }>().load() == 0 {
                put_table_aside(header);
                break;
            }
        }
        self.free_old(me, header, under_way.intent, given_up)
    }

    /// Frees what a clearing has left, a few records at a time. Their handles go to `given_up`.
    ///
    /// Nothing is in transit.
    fn free_old(
        &self,
        me: &Participant,
        header: Header<'_>,
        intent: Intent<'_>,
        given_up: &mut Vec<Handle>,
    ) -> Result<()> {
        loop {
            let _guard = self.lock(me, header)?;
            let old = header.word64::<{ layout::OLD }>();
            if old.load() == 0 {
                return Ok(());
            }
            let table = Table::open(me.arena(), old.load())?;
            for _ in 0..AT_ONCE {
                let Some(number) = table.used().checked_sub(1) else {
                    break;
                };
                free_record(me, intent, table, number, given_up)?;
                table.set_used(number);
            }
            if table.used() == 0 {
                me.hold(table.offset(), Transit::Structure)?;
                intent.set_expected_link(header.offset() + layout::OLD as u64);
                intent.set_expected(will_be(0));
                old.store(0);
                intent.set_expected(OWNED);
                me.release(Transit::Structure)?;
                intent.set_expected(0);
            }
        }
    }

    /// Goes on where somebody was killed who cleared the dict.
    pub(super) fn finish_clearing(&self, me: &Participant, header: Header<'_>) -> Result<()> {
        if header.word64::<{ layout::OLD }>().load() == 0 {
            return Ok(());
        }
        let under_way = self.begin(me, operation::CLEAR)?;
        let mut given_up = Vec::new();
        self.free_old(me, header, under_way.intent, &mut given_up)?;
        drop(under_way);
        me.destroy_all_unreachable(given_up)
    }

    /// Frees all records and tables. Nobody holds the dict any more.
    pub(super) fn take_apart(&self, me: &Participant) -> Result<()> {
        let header = self.header(me)?;
        {
            // What a dead thread has listed in a draft is found through this dict alone.
            let _guard = layout::lock(header).acquire(me, || Ok(()))?;
            self.recover_locked(me, header)?;
        }
        // The handles in it were collected before; whoever takes apart sees to those.
        self.empty(me, &mut Vec::new())
    }
}

/// Commits a clearing. The lock is held, and no former one is unfinished.
fn put_table_aside(header: Header<'_>) {
    let table = header.word64::<{ layout::TABLE }>();
    if table.load() == 0 {
        return;
    }
    header.word64::<{ layout::OLD }>().store(table.load());
    let _writing = sequence(header).write();
    table.store(0);
    header.word64::<{ layout::LIVE }>().store(0);
}

/// Frees the record of an entry of a table that nobody reads any more. The lock is held.
fn free_record(
    me: &Participant,
    intent: Intent<'_>,
    table: Table<'_>,
    number: u64,
    given_up: &mut Vec<Handle>,
) -> Result<()> {
    let word = table.record_word(number)?;
    if word.load() == 0 {
        return Ok(());
    }
    let record = Record::open(me.arena(), word.load())?;
    let extent = record.extent();
    if extent.has_handles() {
        given_up.extend(record.handles(extent)?);
    }
    me.hold(record.offset(), Transit::Structure)?;
    intent.set_expected_link(table.record_at(number)?);
    intent.set_expected(will_be(0));
    word.store(0);
    intent.set_expected(OWNED);
    me.release(Transit::Structure)?;
    intent.set_expected(0);
    Ok(())
}
