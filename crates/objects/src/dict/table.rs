//! A table: entries in the order of insertion, and the index that leads from a key to its record.

use procession_arena::mem::{Region, Word64};
use procession_arena::{Arena, Error, Participant, Result, Transit};

use crate::record::Record;

/// Bytes of the words before the index.
const WORDS: usize = 32;
/// Entries that there is room for.
const CAPACITY: usize = 0;
/// Words of the index: a power of two, at least twice the capacity.
const SLOTS: usize = 8;
/// Entries that are in use, removed ones included; the commit word of insertion.
const USED: usize = 16;
/// Words of the index that are not empty; derived.
const FILLED: usize = 24;

/// Bytes of an entry: hash and record.
const ENTRY: u64 = 16;
/// Entries that the smallest table has room for.
const SMALLEST: u64 = 8;

/// A word of the index that was never used: a search ends here.
const EMPTY: u64 = 0;
/// A word of the index whose record was removed: a search goes on. No record has this offset.
const REMOVED: u64 = 1;
/// The bits of an index word that name the record; the others are bits of the hash.
const OFFSET: u64 = (1 << TAG_SHIFT) - 1;
const TAG_SHIFT: u32 = 48;
/// After so many words a reader looks whether what it searches is still a table.
const PROBES: u64 = 64;

/// A view of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'a> {
    arena: &'a Arena,
    words: Region<'a, WORDS>,
    /// Read once, like the slots.
    capacity: u64,
    slots: u64,
}

/// What the index knows of a key.
#[derive(Debug)]
pub(super) enum Found<'a> {
    /// Its record, and the slot that leads to it.
    Present { slot: u64, record: Record<'a> },
    /// The slot where it would be.
    Absent { slot: u64 },
}

impl Found<'_> {
    /// Where the record is, if there is one.
    #[inline]
    pub(super) fn record(&self) -> Option<u64> {
        match self {
            Found::Present { record, .. } => Some(record.offset()),
            Found::Absent { .. } => None,
        }
    }
}

impl<'a> Table<'a> {
    /// Makes an empty table with room for `entries`; it is in transit at `place` afterwards.
    pub(super) fn create(me: &'a Participant, place: Transit, entries: u64) -> Result<Table<'a>> {
        let capacity = capacity_for(entries);
        let slots = capacity.saturating_mul(2);
        let block = me.allocate(size(capacity, slots), place)?;
        let arena = me.arena();
        let words = arena.window().region::<WORDS>(block.offset)?;
        words.word64::<CAPACITY>().store(capacity);
        words.word64::<SLOTS>().store(slots);
        words.word64::<USED>().store(0);
        words.word64::<FILLED>().store(0);
        let table = Table {
            arena,
            words,
            capacity,
            slots,
        };
        arena.window().clear(table.index(), 8 * slots)?;
        Ok(table)
    }

    /// The table at `block`, which the lock keeps from changing.
    pub(super) fn open(arena: &'a Arena, block: u64) -> Result<Table<'a>> {
        let table = Table::view(arena, block)?;
        match size(table.capacity, table.slots) <= arena.capacity(block)? {
            true => Ok(table),
            false => Err(DAMAGED),
        }
    }

    /// What may be a table at `block`, or something else by now.
    #[inline]
    pub(super) fn view(arena: &'a Arena, block: u64) -> Result<Table<'a>> {
        let words = arena.window().region::<WORDS>(block)?;
        let capacity = words.word64::<CAPACITY>().load();
        let slots = words.word64::<SLOTS>().load();
        let longest = arena.window().length() / 8;
        match slots.is_power_of_two() && slots <= longest && capacity <= slots / 2 {
            true => Ok(Table {
                arena,
                words,
                capacity,
                slots,
            }),
            false => Err(DAMAGED),
        }
    }

    pub(super) fn offset(self) -> u64 {
        self.words.offset()
    }

    pub(super) fn capacity(self) -> u64 {
        self.capacity
    }

    /// Entries in use, removed ones included.
    #[inline]
    pub(super) fn used(self) -> u64 {
        // More would lead into what is not the table's.
        self.words.word64::<USED>().load().min(self.capacity)
    }

    pub(super) fn set_used(self, used: u64) {
        self.words.word64::<USED>().store(used);
    }

    /// Where the commit word of insertion is.
    pub(super) fn used_at(self) -> u64 {
        self.offset() + USED as u64
    }

    /// Whether `count` new keys can be inserted.
    pub(super) fn has_room_for(self, count: u64) -> bool {
        let filled = self.words.word64::<FILLED>().load();
        // A search must come to an empty slot soon.
        let most = self.slots - self.slots / 4;
        count <= self.capacity - self.used() && count <= most.saturating_sub(filled)
    }

    /// The record of an entry; zero if it was removed.
    #[inline]
    pub(super) fn record(self, number: u64) -> Result<u64> {
        Ok(self.record_word(number)?.load())
    }

    /// The word that names the record of an entry.
    pub(super) fn record_word(self, number: u64) -> Result<Word64<'a>> {
        self.arena.window().word64(self.record_at(number)?)
    }

    /// Where that word is.
    pub(super) fn record_at(self, number: u64) -> Result<u64> {
        Ok(self.entry(number)? + 8)
    }

    pub(super) fn hash(self, number: u64) -> Result<u64> {
        Ok(self.arena.window().word64(self.entry(number)?)?.load())
    }

    /// Writes an entry that nobody looks at yet.
    pub(super) fn write_entry(self, number: u64, hash: u64, record: u64) -> Result<()> {
        self.arena.window().word64(self.entry(number)?)?.store(hash);
        self.record_word(number)?.store(record);
        Ok(())
    }

    fn index(self) -> u64 {
        self.offset() + WORDS as u64
    }

    fn entry(self, number: u64) -> Result<u64> {
        match number < self.capacity {
            true => Ok(self.index() + 8 * self.slots + ENTRY * number),
            false => Err(DAMAGED),
        }
    }

    #[inline]
    fn slot(self, slot: u64) -> Result<Word64<'a>> {
        self.arena.window().word64(self.index() + 8 * slot)
    }

    /// Searches for `key`. Gives up if `is_stale` says that this is not a table any more.
    #[inline]
    pub(super) fn find(
        self,
        hash: u64,
        key: &[u8],
        is_stale: impl Fn() -> bool,
    ) -> Result<Found<'a>> {
        let mut removed = None;
        let mut slot = hash & (self.slots - 1);
        for probe in 1..=self.slots {
            match self.slot(slot)?.load() {
                EMPTY => {
                    let slot = removed.unwrap_or(slot);
                    return Ok(Found::Absent { slot });
                }
                REMOVED => removed = removed.or(Some(slot)),
                word if word >> TAG_SHIFT == hash >> TAG_SHIFT => {
                    let record = Record::open(self.arena, word & OFFSET)?;
                    if record.has_key(record.extent(), key)? {
                        return Ok(Found::Present { slot, record });
                    }
                }
                _ => {}
            }
            if probe % PROBES == 0 && is_stale() {
                break;
            }
            slot = (slot + 1) & (self.slots - 1);
        }
        Err(DAMAGED)
    }

    /// The slot that leads to `record`.
    pub(super) fn slot_of(self, hash: u64, record: u64) -> Result<u64> {
        let mut slot = hash & (self.slots - 1);
        for _ in 0..self.slots {
            match self.slot(slot)?.load() {
                EMPTY => break,
                word if word & OFFSET == record => return Ok(slot),
                _ => slot = (slot + 1) & (self.slots - 1),
            }
        }
        Err(DAMAGED)
    }

    /// Makes `slot` lead to `record`.
    pub(super) fn lead(self, slot: u64, hash: u64, record: u64) -> Result<()> {
        let word = self.slot(slot)?;
        if word.load() == EMPTY {
            let filled = self.words.word64::<FILLED>();
            filled.store(filled.load().saturating_add(1));
        }
        word.store(hash >> TAG_SHIFT << TAG_SHIFT | record);
        Ok(())
    }

    /// Makes `slot` lead nowhere; searches go on behind it if there is anything.
    pub(super) fn mislead(self, slot: u64) -> Result<()> {
        let next = (slot + 1) & (self.slots - 1);
        if self.slot(next)?.load() != EMPTY {
            self.slot(slot)?.store(REMOVED);
            return Ok(());
        }
        self.slot(slot)?.store(EMPTY);
        let filled = self.words.word64::<FILLED>();
        filled.store(filled.load().saturating_sub(1));
        Ok(())
    }

    /// Makes the index lead to a record that is known not to be in it.
    pub(super) fn lead_anew(self, hash: u64, record: u64) -> Result<()> {
        let mut slot = hash & (self.slots - 1);
        for _ in 0..self.slots {
            if self.slot(slot)?.load() == EMPTY {
                return self.lead(slot, hash, record);
            }
            slot = (slot + 1) & (self.slots - 1);
        }
        Err(DAMAGED)
    }

    /// Makes the index agree with the entries; says how many are not removed.
    pub(super) fn rebuild_index(self) -> Result<u64> {
        self.arena.window().clear(self.index(), 8 * self.slots)?;
        self.words.word64::<FILLED>().store(0);
        self.fill_index()
    }

    /// Makes an empty index lead to all entries; says how many are not removed.
    pub(super) fn fill_index(self) -> Result<u64> {
        let mut live = 0;
        for number in 0..self.used() {
            let record = self.record(number)?;
            if record != 0 {
                self.lead_anew(self.hash(number)?, record)?;
                live += 1;
            }
        }
        Ok(live)
    }

    /// Tells every record which entry is its own.
    pub(super) fn renumber(self) -> Result<()> {
        self.visit_records(&mut |number, record| {
            Record::open(self.arena, record)?.set_number(number);
            Ok(())
        })
    }

    /// Calls `visit` with the number and the record of each entry that is not removed.
    pub(super) fn visit_records(self, visit: &mut dyn FnMut(u64, u64) -> Result<()>) -> Result<()> {
        for number in 0..self.used() {
            let record = self.record(number)?;
            if record != 0 {
                visit(number, record)?;
            }
        }
        Ok(())
    }

    /// The entry that `record` says is its own; checked.
    pub(super) fn entry_of(self, record: Record<'_>) -> Result<u64> {
        let number = record.number();
        match self.record(number)? == record.offset() {
            true => Ok(number),
            false => Err(DAMAGED),
        }
    }

    /// Forgets removed entries at the end.
    pub(super) fn trim(self) -> Result<()> {
        let mut used = self.used();
        while used > 0 && self.record(used - 1)? == 0 {
            used -= 1;
        }
        if used != self.used() {
            self.set_used(used);
        }
        Ok(())
    }
}

const DAMAGED: Error = Error::Corrupt {
    what: "a dict's table does not hold together",
};

/// Room for `entries` and half as many more, so that growing or compacting pays.
fn capacity_for(entries: u64) -> u64 {
    let wanted = entries.saturating_add(entries / 2).max(SMALLEST);
    wanted.checked_next_power_of_two().unwrap_or(u64::MAX)
}

fn size(capacity: u64, slots: u64) -> u64 {
    let index = slots.saturating_mul(8);
    let entries = capacity.saturating_mul(ENTRY);
    index.saturating_add(entries).saturating_add(WORDS as u64)
}
