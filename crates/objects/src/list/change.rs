//! Changing anything in the middle: new chunks and a new root aside, then one store of the root.
//!
//! What is made and what is replaced stands in a draft, whose length must be known before the lock is
//! taken. If it turns out too short, or what was cut off stands in the way, nothing has happened yet, and
//! the change begins again.

use procession_arena::{Handle, OWNED, Participant, Result, Transit};

use super::chunk::Chunk;
use super::layout::{self, Header};
use super::root::{self, Entry, Root};
use super::table::{Edit, Piece, Table, capacity_for};
use super::{Element, List, operation};
use crate::draft::Draft;
use crate::reading::Reading;
use crate::record::Record;
use crate::record_reading::{attach_all, detach_all};
use crate::under_way::UnderWay;

/// Names in a draft beyond those that can be foreseen: chunks that split or join, and both roots.
const MORE_NAMES: u64 = 16;

/// What became of an attempt.
enum Attempt {
    /// It was committed; the removed elements carried these.
    Done(Vec<Handle>),
    /// There was nothing to be changed.
    Nothing,
    /// A draft with room for so many names is needed.
    NeedsNames(u64),
    /// What others have cut off must go first.
    NeedsSweep,
}

/// A change that is being made.
struct Change<'a, 'b> {
    header: Header<'a>,
    under_way: &'b UnderWay<'a>,
    draft: Draft<'a>,
    /// Records of the elements that come in.
    records: Vec<u64>,
}

impl List {
    /// Makes the change that `plan` finds under the lock; false if it finds none.
    ///
    /// `plan` may be asked several times. It gets the list and the records of `elements`. If
    /// `into` is given, the first element that is removed is read there.
    pub(super) fn change(
        &self,
        me: &Participant,
        elements: &[Element<'_>],
        foreseen: u64,
        mut into: Option<&mut Reading>,
        plan: impl Fn(&Table, &[u64]) -> Result<Option<Edit>>,
    ) -> Result<bool> {
        let coming = elements.len() as u64;
        let mut names = coming + coming / self.full_chunk() + foreseen + MORE_NAMES;
        loop {
            if let Some(reading) = into.as_deref_mut() {
                detach_all(me, &mut reading.handles)?;
                reading.clear();
            }
            match self.try_change(me, elements, names, into.as_deref_mut(), &plan) {
                Ok(Attempt::Done(carried)) => {
                    me.destroy_all_unreachable(carried)?;
                    return Ok(true);
                }
                Ok(Attempt::Nothing) => return Ok(false),
                Ok(Attempt::NeedsNames(needed)) => {
                    names = coming + needed + needed / 8 + MORE_NAMES;
                }
                Ok(Attempt::NeedsSweep) => self.sweep(me)?,
                Err(error) => {
                    if let Some(reading) = into {
                        detach_all(me, &mut reading.handles)?;
                    }
                    return Err(error);
                }
            }
        }
    }

    fn try_change(
        &self,
        me: &Participant,
        elements: &[Element<'_>],
        names: u64,
        mut into: Option<&mut Reading>,
        plan: &impl Fn(&Table, &[u64]) -> Result<Option<Edit>>,
    ) -> Result<Attempt> {
        let under_way = self.begin(me, operation::CHANGE)?;
        let mut change = Change {
            header: self.header(me)?,
            under_way: &under_way,
            draft: Draft::create(me, names)?,
            records: Vec::with_capacity(elements.len()),
        };
        let mut taken = None;
        let outcome = change
            .create_records(me, self, elements)
            .and_then(|()| change.attempt(me, self, plan, into.as_deref_mut(), &mut taken));
        let committed = matches!(outcome, Ok(Attempt::Done(_)));
        if committed && let (Some(record), Some(reading)) = (taken, into) {
            // Outside the lock: nobody else reaches the record any more.
            record.append_value(record.extent(), &mut reading.bytes)?;
        }
        change.draft.finish(me, committed)?;
        outcome
    }

    /// Makes room for one more element at the end.
    pub(super) fn make_room(&self, me: &Participant) -> Result<()> {
        self.change(me, &[], 0, None, |table, _| table.with_room(me))
            .map(drop)
    }
}

impl<'a> Change<'a, '_> {
    fn create_records(
        &mut self,
        me: &Participant,
        list: &List,
        elements: &[Element<'_>],
    ) -> Result<()> {
        for Element { bytes, handles } in elements {
            list.announce(me, self.header, handles)?;
            let record = Record::create(me, Transit::Structure, &[], bytes, handles)?;
            self.draft.note_made(me)?;
            self.records.push(record.offset());
        }
        Ok(())
    }

    /// Everything that happens under the lock.
    fn attempt(
        &self,
        me: &'a Participant,
        list: &List,
        plan: &impl Fn(&Table, &[u64]) -> Result<Option<Edit>>,
        into: Option<&mut Reading>,
        taken: &mut Option<Record<'a>>,
    ) -> Result<Attempt> {
        let _guard = list.lock(me, self.header)?;
        let root = list.root(me, self.header)?;
        let Some(table) = Table::read(me, root, list.chunk_bits)? else {
            return Ok(Attempt::NeedsSweep);
        };
        let Some(edit) = plan(&table, &self.records)? else {
            return Ok(Attempt::Nothing);
        };
        let pieces = table.apply(&edit)?;
        let needed = names_for(&table, &edit, &pieces);
        if self.draft.room() < needed {
            return Ok(Attempt::NeedsNames(needed));
        }
        let made = self.make(me, pieces)?;
        self.note_replaced(&table, &edit)?;
        let carried = self.handles_of(me, &edit)?;
        if let (Some(reading), Some(first)) = (into, edit.removed.first()) {
            let record = Record::open(me.arena(), *first)?;
            attach_all(me, record, record.extent(), &mut reading.handles)?;
            *taken = Some(record);
        }
        self.commit(made);
        Ok(Attempt::Done(carried))
    }

    /// Makes the new chunks and the new root.
    fn make(&self, me: &Participant, pieces: Vec<Piece>) -> Result<u64> {
        let mut entries = Vec::with_capacity(pieces.len());
        let mut start = 0;
        for piece in pieces {
            let (chunk, count) = match piece {
                Piece::Kept(chunk, count) => (chunk, count),
                Piece::New(bits, elements) => {
                    let block = me.allocate(Chunk::size(bits), Transit::Structure)?;
                    let chunk = Chunk {
                        offset: block.offset,
                        bits,
                    };
                    chunk.write(me.arena(), &elements)?;
                    self.draft.note_made(me)?;
                    (chunk, elements.len() as u64)
                }
            };
            entries.push(Entry { chunk, start });
            start += count;
        }
        let capacity = capacity_for(entries.len());
        let block = me.allocate(root::size_for(capacity), Transit::Structure)?;
        Root::write(me.arena(), block.offset, capacity, start, &entries)?;
        self.draft.note_made(me)?;
        Ok(block.offset)
    }

    /// Names everything that the commit will unlink.
    fn note_replaced(&self, table: &Table, edit: &Edit) -> Result<()> {
        for segment in &edit.segments {
            for entry in &table.entries[segment.replaced.clone()] {
                self.draft.note_replaced(entry.chunk.offset)?;
            }
        }
        for spare in &table.spares {
            self.draft.note_replaced(spare.chunk.offset)?;
        }
        for record in &edit.removed {
            self.draft.note_replaced(*record)?;
        }
        self.draft.note_replaced(table.root)
    }

    fn handles_of(&self, me: &Participant, edit: &Edit) -> Result<Vec<Handle>> {
        let mut carried = Vec::new();
        if List::carries_handles(self.header) {
            for record in &edit.removed {
                let record = Record::open(me.arena(), *record)?;
                carried.append(&mut record.handles(record.extent())?);
            }
        }
        Ok(carried)
    }

    /// The commit store (invariant 1).
    fn commit(&self, root: u64) {
        let intent = self.under_way.intent;
        let _writing = layout::sequence(self.header).write();
        intent.set_expected(root);
        self.header.word64::<{ layout::ROOT }>().store(root);
        intent.set_expected(OWNED);
    }
}

/// Blocks that the change makes and replaces, but for the records that come in.
fn names_for(table: &Table, edit: &Edit, pieces: &[Piece]) -> u64 {
    let made = pieces
        .iter()
        .filter(|piece| matches!(piece, Piece::New(..)))
        .count();
    let replaced: usize = edit.segments.iter().map(|its| its.replaced.len()).sum();
    let roots = 2;
    (made + replaced + table.spares.len() + edit.removed.len() + roots) as u64
}
