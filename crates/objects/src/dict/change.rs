//! Changing one entry: a new key, or another value for a key that is there.

use procession_arena::{Handle, Intent, OWNED, Participant, Result, Transit};

use super::layout::{self, Header};
use super::table::{Found, Table};
use super::{Dict, never_stale, operation, sequence, table};
use crate::reading::{Expect, Reading};
use crate::record::Record;
use crate::record_reading::attach_all;

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// There was no entry with this key; now there is.
    Inserted,
    /// The entry has another value; its place in the order is the same.
    Replaced,
    /// The entry was not as expected, so nothing was changed.
    Refused,
}

/// How far an attempt to put a record into the dict came.
enum Attempt {
    Done(Change),
    /// The table is full.
    NoRoom,
}

impl Dict {
    /// Sets the value of `key`; says whether it replaced one.
    ///
    /// The objects that `handles` name are kept alive by the entry; the caller holds them during the call.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`](procession_arena::Error::OutOfMemory) if nothing was changed for lack
    /// of memory; [`Error::StaleHandle`](procession_arena::Error::StaleHandle) if a handle's object
    /// is gone.
    ///
    /// # If a process dies
    ///
    /// Inside: the entry has its former value or the new one.
    pub fn insert(
        &self,
        me: &Participant,
        key: &[u8],
        value: &[u8],
        handles: &[Handle],
    ) -> Result<bool> {
        let change = self.set(me, key, value, handles, Expect::Anything, None)?;
        Ok(change == Change::Replaced)
    }

    /// As [`insert`](Self::insert), if the entry is as expected; the value that is replaced goes to
    /// `old`, if given.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    pub fn set(
        &self,
        me: &Participant,
        key: &[u8],
        value: &[u8],
        handles: &[Handle],
        expect: Expect,
        mut old: Option<&mut Reading>,
    ) -> Result<Change> {
        if let Some(old) = &mut old {
            old.clear();
        }
        let under_way = self.begin(me, operation::CHANGE)?;
        self.announce_handles(me, handles)?;
        let header = self.header(me)?;
        let hash = self.hash(key);
        let mut given_up = Vec::new();
        let change = loop {
            let record = Record::create(me, Transit::Payload, key, value, handles)?;
            let attempt = self.put(
                me,
                header,
                Entry { hash, key, record },
                expect,
                old.as_deref_mut(),
                &mut given_up,
            )?;
            match attempt {
                Attempt::Done(change) => break change,
                Attempt::NoRoom => {
                    me.release(Transit::Payload)?;
                    self.make_room(me, header, under_way.intent, 1)?;
                }
            }
        };
        drop(under_way);
        me.destroy_all_unreachable(given_up)?;
        Ok(change)
    }

    /// Puts a record, in transit as payload, into the table. Handles of a record that it replaces
    /// go to `given_up`.
    fn put(
        &self,
        me: &Participant,
        header: Header<'_>,
        entry: Entry<'_>,
        expect: Expect,
        old: Option<&mut Reading>,
        given_up: &mut Vec<Handle>,
    ) -> Result<Attempt> {
        let guard = self.lock(me, header)?;
        let table = table(me, header)?;
        let found = match table {
            Some(table) => table.find(entry.hash, entry.key, never_stale)?,
            None => Found::Absent { slot: 0 },
        };
        if !expect.is_met(me, found.record())? {
            drop(guard);
            me.release(Transit::Payload)?;
            return Ok(Attempt::Done(Change::Refused));
        }
        let Some(table) = table else {
            return Ok(Attempt::NoRoom);
        };
        let intent = me.intent()?;
        match found {
            Found::Absent { .. } if !table.has_room_for(1) => Ok(Attempt::NoRoom),
            Found::Absent { slot } => {
                append(header, table, intent, &entry, slot)?;
                Ok(Attempt::Done(Change::Inserted))
            }
            Found::Present { slot, record } => {
                let taken = Taken::hold(me, record, old, given_up)?;
                replace(header, table, intent, &entry, slot, record)?;
                drop(guard);
                taken.free(me)?;
                Ok(Attempt::Done(Change::Replaced))
            }
        }
    }
}

/// A record that is to be put into the table.
struct Entry<'a> {
    hash: u64,
    key: &'a [u8],
    record: Record<'a>,
}

/// Commits a new key. The lock is held, and there is room.
fn append(
    header: Header<'_>,
    table: Table<'_>,
    intent: Intent<'_>,
    entry: &Entry<'_>,
    slot: u64,
) -> Result<()> {
    let number = table.used();
    let record = entry.record.offset();
    table.write_entry(number, entry.hash, record)?;
    entry.record.set_number(number);
    intent.set_expected_link(table.used_at());
    intent.set_expected(will_be(number + 1));
    let _writing = sequence(header).write();
    table.set_used(number + 1);
    // The payload first: a block that is linked must not pass for one that is not.
    intent.clear_block(Transit::Payload);
    intent.set_expected(0);
    table.lead(slot, entry.hash, record)?;
    add_live(header, 1);
    Ok(())
}

/// Commits another value. The lock is held; the old record is held as structure, and is this
/// thread's own afterwards.
fn replace(
    header: Header<'_>,
    table: Table<'_>,
    intent: Intent<'_>,
    entry: &Entry<'_>,
    slot: u64,
    old: Record<'_>,
) -> Result<()> {
    let number = table.entry_of(old)?;
    let record = entry.record.offset();
    entry.record.set_number(number);
    intent.set_expected_link(table.record_at(number)?);
    intent.set_expected(will_be(record));
    let _writing = sequence(header).write();
    table.record_word(number)?.store(record);
    intent.clear_block(Transit::Payload);
    intent.set_expected(OWNED);
    table.lead(slot, entry.hash, record)
}

/// What an intent expects of a commit word that will be `value`: one more, because zero means that
/// no commit is near.
pub(super) fn will_be(value: u64) -> u64 {
    value + 1
}

/// Counts entries. The lock is held and the version odd.
pub(super) fn add_live(header: Header<'_>, count: u64) {
    let live = header.word64::<{ layout::LIVE }>();
    live.store(live.load().wrapping_add(count));
}

/// A record that a change takes out of the dict, in transit as structure.
pub(super) struct Taken<'a, 'b> {
    record: Record<'a>,
    /// Where its value goes.
    reading: Option<&'b mut Reading>,
}

impl<'a, 'b> Taken<'a, 'b> {
    /// Names the record as about to be taken. The lock is held.
    ///
    /// If the value is wanted, its handles are taken hold of now, while the dict still keeps their
    /// objects alive.
    pub(super) fn hold(
        me: &'a Participant,
        record: Record<'a>,
        mut reading: Option<&'b mut Reading>,
        given_up: &mut Vec<Handle>,
    ) -> Result<Taken<'a, 'b>> {
        me.hold(record.offset(), Transit::Structure)?;
        let extent = record.extent();
        if extent.has_handles() {
            given_up.extend(record.handles(extent)?);
            if let Some(reading) = &mut reading {
                attach_all(me, record, extent, &mut reading.handles)?;
            }
        }
        Ok(Taken { record, reading })
    }

    /// Copies the value to where it is wanted and frees the record. Its commit is past.
    pub(super) fn free(self, me: &Participant) -> Result<()> {
        if let Some(reading) = self.reading {
            self.record
                .append_value(self.record.extent(), &mut reading.bytes)?;
        }
        me.release(Transit::Structure)?;
        me.intent()?.set_expected(0);
        Ok(())
    }
}
