//! A private copy of the root, and what a change makes of it.

use std::ops::Range;

use procession_arena::{Participant, Result};

use super::chunk::Chunk;
use super::root::{Entry, NO_PLACE, Root};
use super::{FIRST_CAPACITY, FIRST_CHUNK_BITS};

/// The root and its chunks, as they are while the lock is held.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) root: u64,
    pub(super) length: u64,
    /// Chunks that hold elements.
    pub(super) entries: Vec<Entry>,
    /// Chunks behind the last element.
    pub(super) spares: Vec<Entry>,
    pub(super) capacity: u64,
    chunk_bits: u32,
}

/// What a change does: some runs of chunks hold other elements afterwards.
#[derive(Debug, Default)]
pub(super) struct Edit {
    /// In ascending order, and apart.
    pub(super) segments: Vec<Segment>,
    /// Records that are in the list no more.
    pub(super) removed: Vec<u64>,
}

/// A run of chunks, and the elements that replace theirs.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) replaced: Range<usize>,
    pub(super) elements: Vec<u64>,
}

/// A part of the new list.
#[derive(Debug)]
pub(super) enum Piece {
    /// A chunk that stays, and how many elements it holds.
    Kept(Chunk, u64),
    /// A chunk of that room, to be made.
    New(u32, Vec<u64>),
}

impl Table {
    /// Copies the root; `None` if a sweep must come first.
    pub(super) fn read(me: &Participant, root: Root<'_>, chunk_bits: u32) -> Result<Option<Table>> {
        let length = root.length().load();
        let mut entries = (0..root.checked_chunks()?)
            .map(|number| root.entry(number))
            .collect::<Result<Vec<_>>>()?;
        let starts_well = entries.first().is_none_or(|first| first.start == 0);
        if !starts_well || !entries.is_sorted_by(|one, next| one.start < next.start) {
            return Err(NO_PLACE);
        }
        let live = entries.partition_point(|entry| entry.start < length);
        let spares = entries.split_off(live);
        let table = Table {
            root: root.offset(),
            length,
            entries,
            spares,
            capacity: root.capacity(),
            chunk_bits,
        };
        Ok(table.is_tidy(me)?.then_some(table))
    }

    /// Whether nothing is left behind the last element of what was cut off, but for an empty chunk.
    fn is_tidy(&self, me: &Participant) -> Result<bool> {
        if self.spares.len() > 1 {
            return Ok(false);
        }
        let mut words = Vec::new();
        if let Some(last) = self.entries.last() {
            let used = self.length - last.start;
            let free = last.chunk.capacity().checked_sub(used).ok_or(NO_PLACE)?;
            last.chunk.read(me.arena(), used, free, &mut words)?;
        }
        for spare in &self.spares {
            let capacity = spare.chunk.capacity();
            spare.chunk.read(me.arena(), 0, capacity, &mut words)?;
        }
        Ok(words.iter().all(|word| *word == 0))
    }

    /// Elements that a chunk has room for at most.
    pub(super) fn full(&self) -> u64 {
        1 << self.chunk_bits
    }

    /// Elements in chunk `number`.
    pub(super) fn count(&self, number: usize) -> u64 {
        let next = number.wrapping_add(1);
        let end = match self.entries.get(next) {
            Some(next) => next.start,
            None => self.length,
        };
        match self.entries.get(number) {
            Some(entry) => end - entry.start,
            None => 0,
        }
    }

    /// The chunk in which `position` lies, or the last one.
    pub(super) fn find(&self, position: u64) -> usize {
        self.entries
            .partition_point(|entry| entry.start <= position)
            .saturating_sub(1)
    }

    /// The records in a run of chunks.
    pub(super) fn elements(&self, me: &Participant, run: Range<usize>) -> Result<Vec<u64>> {
        let mut elements = Vec::new();
        for number in run {
            let entry = self.entries.get(number).ok_or(NO_PLACE)?;
            entry
                .chunk
                .read(me.arena(), 0, self.count(number), &mut elements)?;
        }
        match elements.contains(&0) {
            true => Err(NO_PLACE),
            false => Ok(elements),
        }
    }

    /// A change after which the last chunk has room for another element, and the root for another
    /// chunk; `None` if that is so already.
    pub(super) fn with_room(&self, me: &Participant) -> Result<Option<Edit>> {
        if let Some(last) = self.entries.last()
            && last.chunk.bits < self.chunk_bits
        {
            let number = self.entries.len() - 1;
            if self.count(number) < last.chunk.capacity() {
                return Ok(None);
            }
            let segment = Segment {
                replaced: number..number + 1,
                elements: self.elements(me, number..number + 1)?,
            };
            return Ok(Some(Edit {
                segments: vec![segment],
                removed: Vec::new(),
            }));
        }
        let is_full = (self.entries.len() + self.spares.len()) as u64 >= self.capacity;
        Ok(is_full.then(Edit::default))
    }

    /// The whole list after the change, chunk by chunk.
    pub(super) fn apply(&self, edit: &Edit) -> Result<Vec<Piece>> {
        let mut pieces = Vec::new();
        let mut number = 0;
        for segment in &edit.segments {
            self.keep(number..segment.replaced.start, &mut pieces)?;
            let is_last = segment.replaced.end == self.entries.len();
            self.divide(&segment.elements, is_last, &mut pieces);
            number = segment.replaced.end;
        }
        self.keep(number..self.entries.len(), &mut pieces)?;
        Ok(pieces)
    }

    fn keep(&self, run: Range<usize>, pieces: &mut Vec<Piece>) -> Result<()> {
        for number in run {
            let entry = self.entries.get(number).ok_or(NO_PLACE)?;
            pieces.push(Piece::Kept(entry.chunk, self.count(number)));
        }
        Ok(())
    }

    /// Spreads elements over chunks: evenly, so that each has room for more, but at the end of the
    /// list full ones, since more is added there.
    fn divide(&self, elements: &[u64], is_last: bool, pieces: &mut Vec<Piece>) {
        let full = 1usize << self.chunk_bits;
        let chunks = elements.len().div_ceil(full);
        let each = match (chunks, is_last) {
            (0, _) => return,
            (_, true) => full,
            (chunks, false) => elements.len().div_ceil(chunks),
        };
        let bits = match chunks {
            1 => self.bits_for(elements.len()),
            _ => self.chunk_bits,
        };
        let parts = elements.chunks(each);
        pieces.extend(parts.map(|part| Piece::New(bits, part.to_vec())));
    }

    /// A chunk with room for `count` elements and one more, if a chunk may have that.
    fn bits_for(&self, count: usize) -> u32 {
        (count + 1)
            .next_power_of_two()
            .ilog2()
            .max(FIRST_CHUNK_BITS)
            .min(self.chunk_bits)
    }
}

/// Entries that a root of so many chunks should have room for.
pub(super) fn capacity_for(chunks: usize) -> u64 {
    (chunks as u64 + chunks as u64 / 2 + 1).max(FIRST_CAPACITY)
}
