//! Setting many entries as one change.

use std::collections::HashMap;

use procession_arena::{Handle, OWNED, Participant, Result, Transit};

use super::change::{add_live, will_be};
use super::layout::{self, Header};
use super::table::{Found, Table};
use super::{Dict, never_stale, operation, sequence, table};
use crate::draft::Draft;
use crate::record::Record;

/// An entry that is to be set.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// Its key.
    pub key: &'a [u8],
    /// Its value.
    pub value: &'a [u8],
    /// Handles that the value carries; the caller holds their objects during the call.
    pub handles: &'a [Handle],
}

impl Dict {
    /// Sets all of the entries, or none. Of several with the same key the last one counts, in the
    /// place of the first.
    ///
    /// # Errors
    ///
    /// As [`insert`](Self::insert).
    ///
    /// # If a process dies
    ///
    /// Inside: all entries are set, or none.
    pub fn extend(&self, me: &Participant, items: &[Item<'_>]) -> Result<()> {
        let items = last_of_each_key(items);
        let header = self.header(me)?;
        let mut announced = false;
        while !items.is_empty() {
            let mut missing = 0;
            for item in &items {
                missing += u64::from(!self.contains(me, item.key)?);
            }
            {
                let under_way = self.begin(me, operation::CHANGE)?;
                if !announced {
                    for item in &items {
                        self.announce_handles(me, item.handles)?;
                    }
                    announced = true;
                }
                self.make_room(me, header, under_way.intent, missing)?;
            }
            let mut given_up = Vec::new();
            if self.extend_if_room(me, header, &items, &mut given_up)? {
                return me.destroy_all_unreachable(given_up);
            }
        }
        Ok(())
    }

    /// Makes the change unless the room that was made for it is gone; says whether it did.
    fn extend_if_room(
        &self,
        me: &Participant,
        header: Header<'_>,
        items: &[Item<'_>],
        given_up: &mut Vec<Handle>,
    ) -> Result<bool> {
        let under_way = self.begin(me, operation::EXTEND)?;
        // Each item is made, and may replace another.
        let draft = Draft::create(me, 2 * items.len() as u64)?;
        if let Err(error) = write_aside(me, draft, items) {
            draft.finish(me, false)?;
            return Err(error);
        }
        let guard = self.lock(me, header)?;
        let table = table(me, header)?;
        let room = match table {
            Some(table) => {
                let new = self.note_replaced(table, draft, items, given_up)?;
                table.has_room_for(new)
            }
            None => false,
        };
        let Some(table) = table.filter(|_| room) else {
            drop(guard);
            given_up.clear();
            draft.finish(me, false)?;
            return Ok(false);
        };
        under_way.intent.set_expected(will_be(draft.offset()));
        {
            let _writing = sequence(header).write();
            let batch = header.word64::<{ layout::BATCH }>();
            batch.store(draft.offset());
            self.apply(me, header, table, draft)?;
            under_way.intent.set_expected(OWNED);
            batch.store(0);
        }
        drop(guard);
        draft.finish(me, true)?;
        Ok(true)
    }

    /// Notes the records whose places the items will take; says how many items have none.
    fn note_replaced(
        &self,
        table: Table<'_>,
        draft: Draft<'_>,
        items: &[Item<'_>],
        given_up: &mut Vec<Handle>,
    ) -> Result<u64> {
        let mut new = 0;
        for item in items {
            match table.find(self.hash(item.key), item.key, never_stale)? {
                Found::Present { record, .. } => {
                    draft.note_replaced(record.offset())?;
                    let extent = record.extent();
                    if extent.has_handles() {
                        given_up.extend(record.handles(extent)?);
                    }
                }
                Found::Absent { .. } => new += 1,
            }
        }
        Ok(new)
    }

    /// Puts every record that the draft made in its place; may be repeated.
    ///
    /// The lock is held, the version odd, and the index agrees with the entries.
    pub(super) fn apply(
        &self,
        me: &Participant,
        header: Header<'_>,
        table: Table<'_>,
        draft: Draft<'_>,
    ) -> Result<()> {
        let mut key = Vec::new();
        draft.visit_made(&mut |block| {
            let record = Record::open(me.arena(), block.offset)?;
            key.clear();
            record.append_key(record.extent(), &mut key)?;
            self.put_in_place(header, table, record, &key)
        })
    }

    fn put_in_place(
        &self,
        header: Header<'_>,
        table: Table<'_>,
        record: Record<'_>,
        key: &[u8],
    ) -> Result<()> {
        let hash = self.hash(key);
        match table.find(hash, key, never_stale)? {
            Found::Present { record: there, .. } if there.offset() == record.offset() => Ok(()),
            Found::Present {
                slot,
                record: there,
            } => {
                let number = table.entry_of(there)?;
                record.set_number(number);
                table.record_word(number)?.store(record.offset());
                table.lead(slot, hash, record.offset())
            }
            Found::Absent { slot } => {
                let number = table.used();
                table.write_entry(number, hash, record.offset())?;
                record.set_number(number);
                table.set_used(number + 1);
                table.lead(slot, hash, record.offset())?;
                add_live(header, 1);
                Ok(())
            }
        }
    }
}

/// Writes all records into blocks that the draft lists.
fn write_aside(me: &Participant, draft: Draft<'_>, items: &[Item<'_>]) -> Result<()> {
    for item in items {
        Record::create(me, Transit::Structure, item.key, item.value, item.handles)?;
        draft.note_made(me)?;
    }
    Ok(())
}

/// Of items with the same key the last one, in the place of the first.
fn last_of_each_key<'a>(items: &[Item<'a>]) -> Vec<Item<'a>> {
    let mut places = HashMap::with_capacity(items.len());
    let mut kept: Vec<Item<'a>> = Vec::with_capacity(items.len());
    for item in items {
        match places.insert(item.key, kept.len()) {
            None => kept.push(*item),
            Some(place) => {
                places.insert(item.key, place);
                if let Some(before) = kept.get_mut(place) {
                    *before = *item;
                }
            }
        }
    }
    kept
}
