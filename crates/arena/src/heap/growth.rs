//! How the arena gets more pages.

use crate::arena::Arena;
use crate::error::{Error, Result};
use crate::heap::page_word::PageWord;
use crate::layout::{PAGE_SIZE, PAGE_WORD_SIZE, SLAB_NOTE_SIZE, header};
use crate::sys::memory;

/// Pages of a new arena: one mebibyte.
const FIRST_STEP: u64 = 16;
/// Pages of the largest step: 64 mebibytes.
const LARGEST_STEP: u64 = 1024;

impl Arena {
    /// Pages that exist.
    #[inline]
    pub(crate) fn committed_pages(&self) -> Result<u64> {
        let pages = self
            .header()?
            .word64::<{ header::COMMITTED_PAGES }>()
            .load();
        match pages <= self.layout().max_pages {
            true => Ok(pages),
            false => Err(Error::corrupt(
                "the arena claims to have more pages than its cap",
            )),
        }
    }

    /// Adds at least `pages` pages. The heap lock must be held, unless the arena is new.
    ///
    /// Killed before the last store, nothing has happened that the next growth does not repeat.
    pub(crate) fn grow(&self, pages: u64) -> Result<()> {
        let wanted = pages * PAGE_SIZE;
        let committed = self.committed_pages()?;
        let left = self.layout().max_pages - committed;
        // Asking the system costs more than a small growth could hurt.
        let is_large = pages > FIRST_STEP;
        if pages > left || (is_large && wanted > memory::available_memory()) {
            return Err(self.out_of_memory(wanted));
        }
        let step = committed
            .clamp(FIRST_STEP, LARGEST_STEP)
            .max(pages)
            .min(left);
        let step = match self.reserve_pages(committed, step) {
            Ok(()) => step,
            Err(_) if step > pages => {
                self.reserve_pages(committed, pages)
                    .map_err(|_| self.out_of_memory(wanted))?;
                pages
            }
            Err(_) => return Err(self.out_of_memory(wanted)),
        };
        self.commit_pages(committed, step)
    }

    /// Makes pages that are set aside part of the arena.
    pub(crate) fn commit_pages(&self, committed: u64, step: u64) -> Result<()> {
        let word = self.layout().page_words() + committed * PAGE_WORD_SIZE;
        self.window()
            .raise_limit(self.layout().page(committed + step))?;
        self.window()
            .word64(word)?
            .store(PageWord::Free { pages: step as u32 }.pack());
        self.header()?
            .word64::<{ header::COMMITTED_PAGES }>()
            .store(committed + step);
        Ok(())
    }

    /// Has the system set memory aside for pages and for what describes them.
    fn reserve_pages(&self, first: u64, count: u64) -> std::io::Result<()> {
        let layout = self.layout();
        let file = self.descriptor();
        let words = layout.page_words() + first * PAGE_WORD_SIZE;
        memory::reserve(file, words, count * PAGE_WORD_SIZE)?;
        let notes = layout.slab_notes() + first * SLAB_NOTE_SIZE;
        memory::reserve(file, notes, count * SLAB_NOTE_SIZE)?;
        memory::reserve(file, layout.page(first), count * PAGE_SIZE)
    }

    pub(crate) fn out_of_memory(&self, wanted: u64) -> Error {
        Error::OutOfMemory {
            wanted,
            cap: self.layout().max_pages * PAGE_SIZE,
        }
    }
}
