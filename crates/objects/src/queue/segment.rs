//! Segments: the pieces of memory in which records stand, each linked to the next.
//!
//! Positions count bytes over the whole life of a queue; a segment covers the positions from its
//! base up to its end, and the next one begins where it ends.

use procession_arena::mem::Region;
use procession_arena::{Arena, Error, Result};

/// Bytes of a segment's own words, before its records.
const WORDS: usize = 32;
/// The first segment of a queue, in bytes; most queues never need more.
pub(super) const FIRST_SIZE: u64 = 4096 - 8;
/// Later segments grow up to this, in bytes: a few of them fit into a processor's own cache.
pub(super) const LARGEST_SIZE: u64 = 256 * 1024;
/// The second segment; any inline record fits into it.
const SECOND_SIZE: u64 = 64 * 1024;

/// The next segment; zero if none. The commit word of linking, written under the producers' lock.
const NEXT: usize = 0;
/// Position of the first record.
const BASE: usize = 8;
/// Items put before that record; written when the tail moves in.
const ITEMS_BEFORE: usize = 16;
/// Bytes of records that fit.
const ROOM: usize = 24;

/// A view of a segment whose extent has been checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment<'a> {
    words: Region<'a, WORDS>,
    base: u64,
    room: u64,
}

impl<'a> Segment<'a> {
    /// Writes the words of a new segment into a block that is linked to nothing yet.
    pub(super) fn create(
        arena: &'a Arena,
        block: u64,
        base: u64,
        items_before: u64,
    ) -> Result<Segment<'a>> {
        let words = arena.window().region::<WORDS>(block)?;
        let room = arena.capacity(block)? - WORDS as u64;
        words.word64::<NEXT>().store(0);
        words.word64::<BASE>().store(base);
        words.word64::<ITEMS_BEFORE>().store(items_before);
        words.word64::<ROOM>().store(room & !7);
        Ok(Segment {
            words,
            base,
            room: room & !7,
        })
    }

    /// Views the segment at `block`.
    pub(super) fn open(arena: &'a Arena, block: u64) -> Result<Segment<'a>> {
        let words = arena.window().region::<WORDS>(block)?;
        let base = words.word64::<BASE>().load();
        let room = words.word64::<ROOM>().load();
        let fits = arena
            .capacity(block)?
            .checked_sub(WORDS as u64)
            .is_some_and(|all| room <= all);
        match fits && base.checked_add(room).is_some() {
            true => Ok(Segment { words, base, room }),
            false => Err(Error::Corrupt {
                what: "a queue's segment is larger than its block",
            }),
        }
    }

    pub(super) fn block(self) -> u64 {
        self.words.offset()
    }

    /// Position of the first record.
    pub(super) fn base(self) -> u64 {
        self.base
    }

    /// Position behind the last record that could stand here.
    pub(super) fn end(self) -> u64 {
        self.base + self.room
    }

    /// What to add to a position in this segment to get an offset in the arena.
    pub(super) fn shift(self) -> u64 {
        (self.block() + WORDS as u64).wrapping_sub(self.base)
    }

    pub(super) fn items_before(self) -> u64 {
        self.words.word64::<ITEMS_BEFORE>().load()
    }

    pub(super) fn set_items_before(self, items: u64) {
        self.words.word64::<ITEMS_BEFORE>().store(items);
    }

    /// The block of the next segment; zero if there is none.
    pub(super) fn next(self) -> u64 {
        self.words.word64::<NEXT>().load()
    }

    pub(super) fn link(self, next: u64) {
        self.words.word64::<NEXT>().store(next);
    }

    /// Bytes to allocate for the segment after this one.
    pub(super) fn next_size(self) -> u64 {
        (self.room * 4).clamp(SECOND_SIZE, LARGEST_SIZE)
    }
}
