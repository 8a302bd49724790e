//! Taking an entry out.

use procession_arena::{Intent, OWNED, Participant, Result};

use super::change::{Taken, add_live, will_be};
use super::layout::Header;
use super::table::{Found, Table};
use super::{Dict, never_stale, operation, sequence, table};
use crate::reading::{Expect, Reading};
use crate::record::Record;

impl Dict {
    /// Removes `key` if its entry is as expected; says whether it did. The value goes to `old`, if
    /// given.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt) if the dict is damaged.
    ///
    /// # If a process dies
    ///
    /// Inside: the entry is there or is not. A value that it was about to get is lost with it.
    pub fn remove(
        &self,
        me: &Participant,
        key: &[u8],
        expect: Expect,
        mut old: Option<&mut Reading>,
    ) -> Result<bool> {
        if let Some(old) = &mut old {
            old.clear();
        }
        let under_way = self.begin(me, operation::CHANGE)?;
        let header = self.header(me)?;
        let hash = self.hash(key);
        let guard = self.lock(me, header)?;
        let Some(table) = table(me, header)? else {
            return Ok(false);
        };
        let Found::Present { slot, record } = table.find(hash, key, never_stale)? else {
            return Ok(false);
        };
        if !expect.is_met(me, Some(record.offset()))? {
            return Ok(false);
        }
        let mut given_up = Vec::new();
        let taken = Taken::hold(me, record, old, &mut given_up)?;
        let entry = Leaving {
            number: table.entry_of(record)?,
            slot,
        };
        unlink(header, table, under_way.intent, entry)?;
        drop(guard);
        taken.free(me)?;
        drop(under_way);
        me.destroy_all_unreachable(given_up)?;
        Ok(true)
    }

    /// Removes the entry that was inserted last; says whether there was one. The key goes to
    /// `key`, the value to `value`.
    ///
    /// # Errors
    ///
    /// As [`remove`](Self::remove).
    ///
    /// # If a process dies
    ///
    /// As in [`remove`](Self::remove).
    pub fn pop_item(
        &self,
        me: &Participant,
        key: &mut Vec<u8>,
        value: &mut Reading,
    ) -> Result<bool> {
        key.clear();
        value.clear();
        let under_way = self.begin(me, operation::CHANGE)?;
        let header = self.header(me)?;
        let guard = self.lock(me, header)?;
        let Some(table) = table(me, header)? else {
            return Ok(false);
        };
        table.trim()?;
        let Some(number) = table.used().checked_sub(1) else {
            return Ok(false);
        };
        let record = Record::open(me.arena(), table.record(number)?)?;
        record.append_key(record.extent(), key)?;
        let slot = table.slot_of(table.hash(number)?, record.offset())?;
        let mut given_up = Vec::new();
        let taken = Taken::hold(me, record, Some(value), &mut given_up)?;
        unlink(header, table, under_way.intent, Leaving { number, slot })?;
        drop(guard);
        taken.free(me)?;
        drop(under_way);
        me.destroy_all_unreachable(given_up)?;
        Ok(true)
    }
}

/// An entry that is being removed, and the slot that leads to it.
struct Leaving {
    number: u64,
    slot: u64,
}

/// Commits a removal. The lock is held; the record is held as structure, and is this thread's own
/// afterwards.
fn unlink(header: Header<'_>, table: Table<'_>, intent: Intent<'_>, entry: Leaving) -> Result<()> {
    intent.set_expected_link(table.record_at(entry.number)?);
    intent.set_expected(will_be(0));
    let _writing = sequence(header).write();
    table.record_word(entry.number)?.store(0);
    intent.set_expected(OWNED);
    table.mislead(entry.slot)?;
    add_live(header, 1u64.wrapping_neg());
    table.trim()
}
