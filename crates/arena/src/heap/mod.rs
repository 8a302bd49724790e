//! The heap: blocks of any size, each at any time in exactly one place (invariant 4).
//!
//! See `README.md` for the argument.

mod growth;
mod page_word;
mod pages;
mod size_class;
mod slab;

pub(crate) use page_word::PageWord;
pub(crate) use slab::SlabCache;

use crate::arena::Arena;
use crate::error::{Error, Result};
use crate::layout::PAGE_SIZE;
use crate::registry::{Participant, Transit};
use size_class::SizeClass;

/// One allocation, named so that no later allocation at the same place has the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Block {
    /// Where its payload begins.
    pub offset: u64,
    /// Which allocation at that place.
    pub stamp: u64,
}

impl Participant {
    /// Allocates at least `length` bytes; the block is in transit at `place` afterwards.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`] if the session's cap or the machine does not allow it; nothing has
    /// changed then.
    ///
    /// # If a process dies
    ///
    /// Before the block is linked to an object: whoever reaps the thread frees it.
    pub fn allocate(&self, length: u64, place: Transit) -> Result<Block> {
        if let Some(class) = SizeClass::for_payload(length) {
            return self.allocate_small(class, place);
        }
        self.allocate_run(length, place)
    }

    fn allocate_run(&self, length: u64, place: Transit) -> Result<Block> {
        let outcome = self.lock_pages()?.allocate(self, length, place);
        if matches!(outcome, Err(Error::OutOfMemory { .. })) {
            self.free_own_empty_slabs()?;
            return self.lock_pages()?.allocate(self, length, place);
        }
        outcome
    }

    /// Names a linked block as about to be unlinked by this thread.
    ///
    /// The lock that guards the link must be held.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if `offset` is not the beginning of a block in use.
    pub fn hold(&self, offset: u64, place: Transit) -> Result<Block> {
        let block = self.arena().block_at(offset)?;
        self.intent()?.set_block(place, block);
        Ok(block)
    }

    /// Frees the block in transit at `place`, which is linked to nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if what the intent names is not a block.
    pub fn release(&self, place: Transit) -> Result<()> {
        let intent = self.intent()?;
        if let Some(block) = intent.block(place) {
            self.free(block)?;
            intent.clear_block(place);
        }
        Ok(())
    }

    /// Frees `block` if it is still that allocation; says whether it was.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if there is no block at its offset.
    pub fn free(&self, block: Block) -> Result<bool> {
        match is_run(block.offset) {
            true => self.lock_pages()?.free(block),
            false => self.arena().free_small(block),
        }
    }
}

impl Arena {
    /// The allocation whose payload begins at `offset`.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if no block in use begins there.
    pub fn block_at(&self, offset: u64) -> Result<Block> {
        let stamp = match is_run(offset) {
            true => match self.page_kind(self.layout().page_of(offset)?)? {
                run @ PageWord::Run { .. } => run.pack(),
                _ => 0,
            },
            false => self.small_stamp(offset)?,
        };
        match stamp {
            0 => Err(Error::corrupt("an object refers to a block that is free")),
            stamp => Ok(Block { offset, stamp }),
        }
    }

    /// True if `block` is still that allocation.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if its offset cannot be a block's.
    pub fn is_allocated(&self, block: Block) -> Result<bool> {
        Ok(match self.block_at(block.offset) {
            Ok(found) => found.stamp == block.stamp,
            // Free, or a page that is used for something else by now.
            Err(Error::Corrupt { .. }) => false,
            Err(error) => return Err(error),
        })
    }

    /// Bytes that fit into the block at `offset`.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if no block in use begins there.
    pub fn capacity(&self, offset: u64) -> Result<u64> {
        match is_run(offset) {
            true => match self.page_kind(self.layout().page_of(offset)?)? {
                PageWord::Run { pages, .. } => Ok(u64::from(pages) * PAGE_SIZE),
                _ => Err(Error::corrupt("an object refers to a block that is free")),
            },
            false => self.small_capacity(offset),
        }
    }

    /// Calls `visit` for every block in use. Only meaningful while nobody allocates or frees.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the pages do not tile the arena.
    pub fn visit_blocks(&self, visit: &mut dyn FnMut(Block)) -> Result<()> {
        let end = self.committed_pages()?;
        let mut page = 0;
        while page < end {
            let kind = self.page_kind(page)?;
            match kind {
                PageWord::Run { .. } => {
                    visit(Block {
                        offset: self.layout().page(page),
                        stamp: kind.pack(),
                    });
                }
                PageWord::Slab { class, .. } => self.visit_slab(page, class, visit)?,
                PageWord::Free { .. } | PageWord::Interior => {}
            }
            page += kind.length()?;
        }
        match page == end {
            true => Ok(()),
            false => Err(Error::corrupt(
                "the last pages reach beyond the end of the arena",
            )),
        }
    }
}

/// Runs begin with a page; the payload of a small block never does, its stamp comes before it.
fn is_run(offset: u64) -> bool {
    offset.is_multiple_of(PAGE_SIZE)
}
