//! What a thread has under way, written where its successor can read it.
//!
//! The line holds the operation and its object (rule W4 of waiting: whoever reaps the thread
//! wakes everybody who may wait for it), at most two blocks in transit (invariant 4), and the
//! values by which the object's recovery recognises whether the commit store was made
//! (invariant 1). Only the thread itself writes the line while it lives; afterwards only the
//! holder of the lock that guards the object's side in question, or the reaper.

use crate::error::{Error, Result};
use crate::heap::Block;
use crate::mem::Region;
use crate::object_table::Handle;

pub(crate) const INTENT_SIZE: usize = 64;

const TARGET: usize = 0;
const EXPECTED: usize = 40;
const EXPECTED_LINK: usize = 48;
const COUNT: usize = 56;

/// One of the two places for a block in transit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transit {
    /// The operation's payload.
    Payload,
    /// A piece of the object's own structure, such as a queue segment.
    Structure,
}

/// The operation a thread has under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Which operation; the meaning is the object kind's own. Zero is none.
    pub operation: u8,
    /// The object it works on.
    pub object: Handle,
}

/// Operations of the arena itself; object kinds number theirs from [`FIRST_OF_KIND`].
pub(crate) mod operation {
    /// A new object is being entered into the table.
    pub(crate) const CREATE: u8 = 1;
    /// A message is being linked to or unlinked from a process slot (index = slot).
    pub(crate) const MAIL: u8 = 2;
    /// An object without holders is being taken apart.
    pub(crate) const DESTROY: u8 = 3;
}

/// The first operation number that object kinds may use.
pub const FIRST_OF_KIND: u8 = 16;

/// Marks a block in transit as unlinked for good: it belongs to this thread alone.
pub const OWNED: u64 = u64::MAX;

/// In the operation's byte: the thread sleeps until the object changes.
const SLEEPING: u64 = 0x80 << 24;

/// In the place of the expected link: it names an object and no link.
const NAMES_OBJECT: u64 = 1 << 63;

/// A view of a thread's intent line.
#[derive(Clone, Copy, Debug)]
pub struct Intent<'a> {
    line: Region<'a, INTENT_SIZE>,
}

impl<'a> Intent<'a> {
    #[inline]
    pub(super) fn new(line: Region<'a, INTENT_SIZE>) -> Intent<'a> {
        Intent { line }
    }

    /// Where the line is.
    pub(super) fn place(self) -> u64 {
        self.line.offset()
    }

    /// The operation under way.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the word names an impossible object.
    pub fn target(self) -> Result<Option<Target>> {
        let word = self.line.word64::<TARGET>().load();
        if word == 0 {
            return Ok(None);
        }
        let operation = ((word & !SLEEPING) >> 24) as u8;
        if operation == 0 {
            return Err(Error::corrupt("an intent names an object but no operation"));
        }
        let object = Handle {
            index: (word & 0x00ff_ffff) as u32,
            generation: (word >> 32) as u32,
        };
        Ok(Some(Target { operation, object }))
    }

    #[inline]
    pub(crate) fn set_target(self, target: Target) {
        let object = target.object;
        let word = u64::from(object.generation) << 32
            | u64::from(target.operation) << 24
            | u64::from(object.index & 0x00ff_ffff);
        self.line.word64::<TARGET>().store(word);
    }

    /// Says whether the thread sleeps, or may have been woken but does not know yet.
    pub(crate) fn mark_sleeping(self, asleep: bool) -> Result<()> {
        let word = self.line.word64::<TARGET>();
        match asleep {
            true => word.store(word.load() | SLEEPING),
            false => word.store(word.load() & !SLEEPING),
        }
        Ok(())
    }

    pub(crate) fn is_sleeping(self) -> bool {
        self.line.word64::<TARGET>().load() & SLEEPING != 0
    }

    /// Says that the operation is over, its wakes included.
    #[inline]
    pub fn clear_target(self) {
        self.line.word64::<TARGET>().store(0);
    }

    /// The block in transit at `place`.
    #[inline]
    pub fn block(self, place: Transit) -> Option<Block> {
        let (offset, stamp) = match place {
            Transit::Payload => (self.line.word64::<8>(), self.line.word64::<16>()),
            Transit::Structure => (self.line.word64::<24>(), self.line.word64::<32>()),
        };
        match offset.load() {
            0 => None,
            offset => Some(Block {
                offset,
                stamp: stamp.load(),
            }),
        }
    }

    /// Names a block as being in transit; its stamp is written before its offset.
    pub(crate) fn set_block(self, place: Transit, block: Block) {
        let (offset, stamp) = match place {
            Transit::Payload => (self.line.word64::<8>(), self.line.word64::<16>()),
            Transit::Structure => (self.line.word64::<24>(), self.line.word64::<32>()),
        };
        stamp.store(block.stamp);
        offset.store(block.offset);
    }

    /// Says that no block is in transit at `place` any more.
    #[inline]
    pub fn clear_block(self, place: Transit) {
        match place {
            Transit::Payload => self.line.word64::<8>().store(0),
            Transit::Structure => self.line.word64::<24>().store(0),
        }
    }

    /// The value that the object's commit word has right after this thread's commit store.
    ///
    /// Zero: the commit is not near. [`OWNED`]: it is past, and the blocks in transit are this
    /// thread's. Otherwise the thread holds the lock that guards the commit word.
    #[inline]
    pub fn expected(self) -> u64 {
        self.line.word64::<EXPECTED>().load()
    }

    /// Sets [`expected`](Self::expected).
    #[inline]
    pub fn set_expected(self, value: u64) {
        self.line.word64::<EXPECTED>().store(value);
    }

    /// The place whose word links the structure block once it is linked; zero if not near.
    pub fn expected_link(self) -> u64 {
        self.line.word64::<EXPECTED_LINK>().load()
    }

    /// Sets [`expected_link`](Self::expected_link).
    pub fn set_expected_link(self, place: u64) {
        self.line.word64::<EXPECTED_LINK>().store(place);
    }

    /// A second object whose wakes the operation may owe; stands in the place of the expected link.
    pub fn second_object(self) -> Option<Handle> {
        let word = self.expected_link();
        (word & NAMES_OBJECT != 0).then_some(Handle {
            index: (word & 0x00ff_ffff) as u32,
            generation: (word >> 24) as u32,
        })
    }

    /// Sets [`second_object`](Self::second_object); whoever does takes it back before the operation
    /// ends.
    pub fn set_second_object(self, object: Option<Handle>) {
        self.set_expected_link(object.map_or(0, |object| {
            NAMES_OBJECT
                | u64::from(object.generation) << 24
                | u64::from(object.index & 0x00ff_ffff)
        }));
    }

    /// Whether the operation under way works on `object`, as its first object or its second.
    pub(crate) fn works_on(self, object: Handle) -> Result<bool> {
        Ok(match self.target()? {
            Some(target) => target.object == object || self.second_object() == Some(object),
            None => false,
        })
    }

    /// A count that the object wants to have after the commit.
    #[inline]
    pub fn count(self) -> u64 {
        self.line.word64::<COUNT>().load()
    }

    /// Sets [`count`](Self::count).
    #[inline]
    pub fn set_count(self, value: u64) {
        self.line.word64::<COUNT>().store(value);
    }

    /// Forgets blocks and expectations, but not the target.
    ///
    /// The payload goes last of the blocks: in a creation it is the one by which recovery sees
    /// that the other is linked.
    pub fn clear_transit(self) {
        self.clear_block(Transit::Structure);
        self.clear_block(Transit::Payload);
        self.set_expected(0);
        self.set_expected_link(0);
    }
}
