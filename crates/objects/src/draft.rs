//! A list of blocks that a change of several parts makes and replaces, so that a kill in the middle
//! of it frees exactly the right ones.
//!
//! A thread's intent has room for two blocks. A change that needs more keeps their names in a block of
//! its own, the draft, which is the payload in transit:
//!
//! 1. create the draft;
//! 2. for each part: allocate it (in transit as structure), note it as *made*, then forget it as structure;
//! 3. under the object's lock: note what the change replaces as *replaced*; the object's commit store;
//! 4. after it: free what was replaced, then the draft.
//!
//! Killed before the commit store, the successor frees what was made; killed after it, what was
//! replaced. Both go by allocation, not by place, and may therefore be repeated (invariant 9).

use procession_arena::mem::Region;
use procession_arena::{Arena, Block, Error, Intent, Participant, Result, Transit};

/// Bytes of the words before the names.
const WORDS: usize = 24;
/// Names that there is room for.
const CAPACITY: usize = 0;
/// Names at the front: blocks that were made.
const MADE: usize = 8;
/// Names at the back: blocks that are replaced.
const REPLACED: usize = 16;
/// Bytes of a name: offset and stamp.
const NAME: u64 = 16;

/// A view of a draft.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draft<'a> {
    arena: &'a Arena,
    words: Region<'a, WORDS>,
    /// Read once, checked against the block.
    capacity: u64,
}

impl<'a> Draft<'a> {
    /// Creates a draft with room for `capacity` names; it is in transit as payload afterwards.
    pub(crate) fn create(me: &'a Participant, capacity: u64) -> Result<Draft<'a>> {
        let length = capacity.saturating_mul(NAME).saturating_add(WORDS as u64);
        let intent = me.intent()?;
        // Where a former change had its commit word, a block may begin by now.
        intent.set_expected_link(0);
        let block = me.allocate(length, Transit::Payload)?;
        let words = me.arena().window().region::<WORDS>(block.offset)?;
        words.word64::<MADE>().store(0);
        words.word64::<REPLACED>().store(0);
        words.word64::<CAPACITY>().store(capacity);
        // From here on what stands in the block means something.
        intent.set_expected_link(block.offset);
        Ok(Draft {
            arena: me.arena(),
            words,
            capacity,
        })
    }

    /// Ends the change in its own thread: frees what it replaced, or what it made, and the draft.
    ///
    /// If it was committed, the intent must say so ([`OWNED`](procession_arena::OWNED), before the
    /// lock was released).
    pub(crate) fn finish(self, me: &Participant, committed: bool) -> Result<()> {
        match committed {
            true => self.free_replaced(me)?,
            false => self.free_made(me)?,
        }
        me.release(Transit::Structure)?;
        me.release(Transit::Payload)?;
        me.intent()?.clear_transit();
        Ok(())
    }

    pub(crate) fn open(arena: &'a Arena, block: u64) -> Result<Draft<'a>> {
        let words = arena.window().region::<WORDS>(block)?;
        let capacity = words.word64::<CAPACITY>().load();
        let room = arena.capacity(block)?.saturating_sub(WORDS as u64) / NAME;
        match capacity <= room {
            true => Ok(Draft {
                arena,
                words,
                capacity,
            }),
            false => Err(DAMAGED),
        }
    }

    /// Where the draft is.
    pub(crate) fn offset(self) -> u64 {
        self.words.offset()
    }

    /// Names that there is still room for.
    pub(crate) fn room(self) -> u64 {
        self.capacity
            .saturating_sub(self.made())
            .saturating_sub(self.replaced())
    }

    fn made(self) -> u64 {
        self.words.word64::<MADE>().load()
    }

    fn replaced(self) -> u64 {
        self.words.word64::<REPLACED>().load()
    }

    /// Takes the block that is in transit as structure over into the draft.
    pub(crate) fn note_made(self, me: &Participant) -> Result<()> {
        let intent = me.intent()?;
        let Some(block) = intent.block(Transit::Structure) else {
            return Ok(());
        };
        let number = self.made();
        self.write(number, block)?;
        self.words.word64::<MADE>().store(number + 1);
        intent.clear_block(Transit::Structure);
        Ok(())
    }

    /// Notes a block that is linked to the object as one that the commit will unlink.
    ///
    /// The lock that guards the link must be held.
    pub(crate) fn note_replaced(self, offset: u64) -> Result<()> {
        let number = self.replaced();
        let place = self.capacity.checked_sub(number + 1).ok_or(DAMAGED)?;
        self.write(place, self.arena.block_at(offset)?)?;
        self.words.word64::<REPLACED>().store(number + 1);
        Ok(())
    }

    /// Calls `visit` with each block that was made, in the order in which they were.
    pub(crate) fn visit_made(self, visit: &mut dyn FnMut(Block) -> Result<()>) -> Result<()> {
        for number in 0..self.made().min(self.capacity) {
            visit(self.read(number)?)?;
        }
        Ok(())
    }

    /// Frees what was made: the change did not come to its commit.
    pub(crate) fn free_made(self, me: &Participant) -> Result<()> {
        for number in 0..self.made().min(self.capacity) {
            me.free(self.read(number)?)?;
        }
        Ok(())
    }

    /// Frees what was replaced: the change was committed.
    pub(crate) fn free_replaced(self, me: &Participant) -> Result<()> {
        for number in 0..self.replaced().min(self.capacity) {
            me.free(self.read(self.capacity - 1 - number)?)?;
        }
        Ok(())
    }

    fn write(self, place: u64, block: Block) -> Result<()> {
        if self.room() == 0 {
            return Err(Error::Corrupt {
                what: "a change of an object has more parts than were counted",
            });
        }
        let at = self.place(place);
        let window = self.arena.window();
        window.word64(at)?.store(block.offset);
        window.word64(at + 8)?.store(block.stamp);
        Ok(())
    }

    fn read(self, place: u64) -> Result<Block> {
        let at = self.place(place);
        let window = self.arena.window();
        Ok(Block {
            offset: window.word64(at)?.load(),
            stamp: window.word64(at + 8)?.load(),
        })
    }

    fn place(self, number: u64) -> u64 {
        self.words.offset() + WORDS as u64 + NAME * number
    }
}

const DAMAGED: Error = Error::Corrupt {
    what: "the draft of a change is longer than its block",
};

/// Settles the draft, and the part on its way into it, of a thread that is dead.
///
/// The lock that guards the object's commit word is held; `committed` is what it told.
pub(crate) fn settle_draft(me: &Participant, intent: Intent<'_>, committed: bool) -> Result<()> {
    if let Some(block) = intent.block(Transit::Payload)
        && intent.expected_link() == block.offset
        && me.arena().is_allocated(block)?
    {
        let draft = Draft::open(me.arena(), block.offset)?;
        match committed {
            true => draft.free_replaced(me)?,
            false => draft.free_made(me)?,
        }
    }
    for place in [Transit::Structure, Transit::Payload] {
        if let Some(block) = intent.block(place) {
            me.free(block)?;
        }
    }
    intent.clear_transit();
    Ok(())
}
