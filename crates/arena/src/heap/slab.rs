//! Small blocks, in pages that one thread allocates from and everybody frees to.
//!
//! The word before a block, its *stamp*, is the only truth: zero is free, anything else names one
//! allocation for ever. The bitmap of free blocks in the page's note is a hint and is checked
//! against the stamps.

use std::cell::RefCell;
use std::collections::VecDeque;

use crate::arena::Arena;
use crate::error::{Error, Result};
use crate::heap::Block;
use crate::heap::page_word::PageWord;
use crate::heap::size_class::{self, STAMP_SIZE, SizeClass};
use crate::layout::{PAGE_SIZE, SLAB_NOTE_SIZE, header};
use crate::mem::Word64;
use crate::registry::{Participant, ThreadToken, Transit};

/// The bitmap begins after the note's first line.
const BITMAP: u64 = 64;
/// Own pages that an allocation looks at before it asks for another page. All are looked at in
/// turn, so a page that others have freed is found again, but never at the price of a long scan.
const PAGES_TRIED: usize = 8;

/// The pages from which this thread allocates, by size class; the last one was used last.
///
/// Private and derived: the page words say who owns a page.
#[derive(Debug)]
pub(crate) struct SlabCache {
    pages: RefCell<[VecDeque<u64>; size_class::COUNT]>,
}

impl Default for SlabCache {
    fn default() -> SlabCache {
        SlabCache {
            pages: RefCell::new([const { VecDeque::new() }; size_class::COUNT]),
        }
    }
}

impl Participant {
    pub(super) fn allocate_small(&self, class: SizeClass, place: Transit) -> Result<Block> {
        if let Some(block) = self.allocate_from_own(class, place)? {
            return Ok(block);
        }
        let page = match self.arena().adopt_slab(self, class)? {
            Some(page) => page,
            None => self.new_slab(class, place)?,
        };
        self.slabs.pages.borrow_mut()[usize::from(class.number())].push_back(page);
        match self.arena().take_block(self, page, class, place)? {
            Some(block) => Ok(block),
            // An adopted page may be full.
            None => self.allocate_small(class, place),
        }
    }

    fn allocate_from_own(&self, class: SizeClass, place: Transit) -> Result<Option<Block>> {
        let mut pages = self.slabs.pages.borrow_mut();
        let pages = &mut pages[usize::from(class.number())];
        for _ in 0..pages.len().min(PAGES_TRIED) {
            let Some(page) = pages.back() else { break };
            if let Some(block) = self.arena().take_block(self, *page, class, place)? {
                return Ok(Some(block));
            }
            pages.rotate_right(1);
        }
        Ok(None)
    }

    /// Makes a page of small blocks; `place` holds the page while it is being made.
    fn new_slab(&self, class: SizeClass, place: Transit) -> Result<u64> {
        let run = self.allocate_run(PAGE_SIZE, place)?;
        let page = self.arena().layout().page_of(run.offset)?;
        self.arena().window().clear(run.offset, PAGE_SIZE)?;
        self.arena().set_all_hints(page, class)?;
        let slab = PageWord::Slab {
            class,
            owner: self.token().bits(),
        };
        // The commit: before it the run is in transit, after it the page is this thread's.
        self.arena().page_word(page)?.store(slab.pack());
        self.intent()?.clear_block(place);
        Ok(page)
    }

    /// Gives pages back of which no block is in use.
    pub(super) fn free_own_empty_slabs(&self) -> Result<()> {
        for number in 0..size_class::COUNT {
            let Some(class) = SizeClass::from_number(number as u8) else {
                continue;
            };
            let pages = std::mem::take(&mut self.slabs.pages.borrow_mut()[number]);
            let mut kept = VecDeque::with_capacity(pages.len());
            for page in pages {
                match self.arena().is_empty_slab(page, class)? {
                    true => self.lock_pages()?.free_slab(page)?,
                    false => kept.push_back(page),
                }
            }
            self.slabs.pages.borrow_mut()[number] = kept;
        }
        Ok(())
    }

    /// Makes every page that `owner` allocated from nobody's; empty ones become free pages.
    ///
    /// The owner is this thread or a dead one, so nobody allocates from these pages meanwhile.
    pub(crate) fn abandon_slabs(&self, owner: ThreadToken) -> Result<()> {
        let arena = self.arena();
        for page in 0..arena.committed_pages()? {
            let word = arena.page_word(page)?;
            if let Ok(PageWord::Slab { class, owner: bits }) = PageWord::unpack(word.load())
                && bits == owner.bits()
            {
                if arena.is_empty_slab(page, class)? {
                    self.lock_pages()?.free_slab(page)?;
                    continue;
                }
                // A thread killed after it had cleared a hint, but not yet taken the block.
                arena.restore_hints(page, class)?;
                word.store(PageWord::Slab { class, owner: 0 }.pack());
                arena.header()?.word64::<{ header::ABANDONED }>().store(1);
            }
        }
        Ok(())
    }
}

impl Arena {
    /// Takes a free block of a page that `me` owns; it is in transit at `place` afterwards.
    fn take_block(
        &self,
        me: &Participant,
        page: u64,
        class: SizeClass,
        place: Transit,
    ) -> Result<Option<Block>> {
        for word_index in 0..class.blocks().div_ceil(64) {
            let hints = self.hints(page, word_index)?;
            let mut free = hints.load();
            while free != 0 {
                let bit = free.trailing_zeros();
                free &= free - 1;
                hints.fetch_and(!(1 << bit));
                let index = word_index * 64 + u64::from(bit);
                // A hint may be late: from a time when the page had smaller blocks.
                if index >= class.blocks() {
                    continue;
                }
                let stamp = self.stamp(page, class, index)?;
                if stamp.load() != 0 {
                    continue;
                }
                let offset = self.block_offset(page, class, index);
                let block = Block {
                    offset,
                    stamp: me.next_stamp(),
                };
                me.intent()?.set_block(place, block);
                stamp.store(block.stamp);
                return Ok(Some(block));
            }
        }
        Ok(None)
    }

    /// Frees a small block if it is still that allocation; says whether it was.
    ///
    /// The exchange of the stamp is the commit. A hint lost by a kill right after it is restored
    /// by whoever repeats the call on behalf of the dead.
    pub(super) fn free_small(&self, block: Block) -> Result<bool> {
        let Some((page, class, index)) = self.locate(block.offset)? else {
            return Ok(false);
        };
        let freed = self
            .stamp(page, class, index)?
            .compare_exchange(block.stamp, 0);
        if matches!(freed, Ok(()) | Err(0)) {
            self.hints(page, index / 64)?.fetch_or(1 << (index % 64));
        }
        Ok(freed.is_ok())
    }

    /// The stamp of the allocation that begins at `offset` now; zero if there is none.
    pub(super) fn small_stamp(&self, offset: u64) -> Result<u64> {
        match self.locate(offset)? {
            Some((page, class, index)) => Ok(self.stamp(page, class, index)?.load()),
            None => Ok(0),
        }
    }

    /// Bytes of payload in the small block at `offset`.
    pub(super) fn small_capacity(&self, offset: u64) -> Result<u64> {
        match self.locate(offset)? {
            Some((_, class, _)) => Ok(class.size() - STAMP_SIZE),
            None => Err(Error::corrupt("an object refers to a block that is free")),
        }
    }

    /// Calls `visit` for each block of the page that is in use.
    pub(super) fn visit_slab(
        &self,
        page: u64,
        class: SizeClass,
        visit: &mut dyn FnMut(Block),
    ) -> Result<()> {
        for index in 0..class.blocks() {
            let stamp = self.stamp(page, class, index)?.load();
            if stamp != 0 {
                visit(Block {
                    offset: self.block_offset(page, class, index),
                    stamp,
                });
            }
        }
        Ok(())
    }

    fn is_empty_slab(&self, page: u64, class: SizeClass) -> Result<bool> {
        let mut used = false;
        self.visit_slab(page, class, &mut |_| used = true)?;
        Ok(!used)
    }

    /// Makes a page that nobody owns, and that has a free block, this thread's.
    ///
    /// The flag in the header saves the search when there is none; it may be wrong after a kill,
    /// and then costs a search, or leaves a page to the next one.
    fn adopt_slab(&self, me: &Participant, class: SizeClass) -> Result<Option<u64>> {
        let flag = self.header()?.word64::<{ header::ABANDONED }>();
        if flag.load() == 0 {
            return Ok(None);
        }
        flag.store(0);
        for page in 0..self.committed_pages()? {
            let word = self.page_word(page)?;
            let found = word.load();
            let Ok(PageWord::Slab {
                class: its,
                owner: 0,
            }) = PageWord::unpack(found)
            else {
                continue;
            };
            flag.store(1);
            let own = PageWord::Slab {
                class,
                owner: me.token().bits(),
            }
            .pack();
            if its == class
                && self.has_hints(page, class)?
                && word.compare_exchange(found, own).is_ok()
            {
                return Ok(Some(page));
            }
        }
        Ok(None)
    }

    /// Sets the hint of each free block, with one store for many.
    fn restore_hints(&self, page: u64, class: SizeClass) -> Result<()> {
        for word in 0..class.blocks().div_ceil(64) {
            let first = word * 64;
            let mut free = 0;
            for index in first..class.blocks().min(first + 64) {
                if self.stamp(page, class, index)?.load() == 0 {
                    free |= 1 << (index - first);
                }
            }
            if free != 0 {
                self.hints(page, word)?.fetch_or(free);
            }
        }
        Ok(())
    }

    fn has_hints(&self, page: u64, class: SizeClass) -> Result<bool> {
        for word in 0..class.blocks().div_ceil(64) {
            if self.hints(page, word)?.load() != 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn set_all_hints(&self, page: u64, class: SizeClass) -> Result<()> {
        for word in 0..class.blocks().div_ceil(64) {
            let blocks = (class.blocks() - word * 64).min(64);
            self.hints(page, word)?.store(u64::MAX >> (64 - blocks));
        }
        Ok(())
    }

    /// The small block whose payload is at `offset`: its page, size class and number.
    ///
    /// `None` if no block can begin there now: the page may have become another kind since.
    fn locate(&self, offset: u64) -> Result<Option<(u64, SizeClass, u64)>> {
        let page = self.layout().page_of(offset)?;
        let PageWord::Slab { class, .. } = self.page_kind(page)? else {
            return Ok(None);
        };
        let inside = offset - self.layout().page(page);
        let index = inside / class.size();
        let begins = inside % class.size() == STAMP_SIZE && index < class.blocks();
        Ok(begins.then_some((page, class, index)))
    }

    fn block_offset(&self, page: u64, class: SizeClass, index: u64) -> u64 {
        self.layout().page(page) + index * class.size() + STAMP_SIZE
    }

    fn stamp(&self, page: u64, class: SizeClass, index: u64) -> Result<Word64<'_>> {
        self.window()
            .word64(self.block_offset(page, class, index) - STAMP_SIZE)
    }

    fn hints(&self, page: u64, word: u64) -> Result<Word64<'_>> {
        self.window()
            .word64(self.layout().slab_notes() + page * SLAB_NOTE_SIZE + BITMAP + word * 8)
    }
}
