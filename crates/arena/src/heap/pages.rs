//! Runs of whole pages, under the heap's one lock.

use crate::arena::Arena;
use crate::error::{Error, Result};
use crate::heap::Block;
use crate::heap::page_word::{MAX_RUN, PageWord};
use crate::layout::{PAGE_SIZE, PAGE_WORD_SIZE, header};
use crate::lock::{Guard, Lock};
use crate::mem::{Region, Word64};
use crate::registry::{Participant, Transit};

/// Freed runs that are remembered, because recently used memory is several times faster.
const REMEMBERED: u64 = 8;

/// The right to change page words.
pub(super) struct Pages<'a> {
    arena: &'a Arena,
    header: Region<'a, { header::SIZE }>,
    _guard: Guard<'a>,
}

impl Participant {
    /// Takes the heap lock. After a death the hints are dropped; page words need no repair.
    pub(super) fn lock_pages(&self) -> Result<Pages<'_>> {
        let arena = self.arena();
        let header = arena.header()?;
        let lock = Lock::new(header.word32::<{ header::HEAP_LOCK }>());
        let guard = lock.acquire(self, || forget_hints(arena))?;
        Ok(Pages {
            arena,
            header,
            _guard: guard,
        })
    }
}

impl Participant {
    /// Makes the heap lock somebody's who lives.
    pub(crate) fn recover_heap_lock(&self) -> Result<()> {
        self.lock_pages().map(drop)
    }
}

fn forget_hints(arena: &Arena) -> Result<()> {
    for place in 0..REMEMBERED {
        remembered(arena, place)?.store(0);
    }
    arena.header()?.word64::<{ header::SEARCH_FROM }>().store(0);
    Ok(())
}

/// Place `place` of the recently freed runs: the page number plus one.
fn remembered(arena: &Arena, place: u64) -> Result<Word64<'_>> {
    arena
        .window()
        .word64(header::RECENTLY_FREED as u64 + place * 8)
}

impl Arena {
    /// The word of page `page`.
    pub(crate) fn page_word(&self, page: u64) -> Result<Word64<'_>> {
        if page >= self.committed_pages()? {
            return Err(Error::corrupt(
                "a page beyond the end of the arena is named",
            ));
        }
        self.window()
            .word64(self.layout().page_words() + page * PAGE_WORD_SIZE)
    }

    pub(crate) fn page_kind(&self, page: u64) -> Result<PageWord> {
        PageWord::unpack(self.page_word(page)?.load())
    }
}

impl Pages<'_> {
    /// Allocates a run of at least `length` bytes; it is in transit at `place` afterwards.
    ///
    /// The stamp is raised before it is used anywhere, so no two runs ever have the same one, and
    /// the intent is written before the run's own word: from then on either the word says that
    /// the run is allocated, or the intent names a run that does not exist.
    pub(super) fn allocate(
        &mut self,
        me: &Participant,
        length: u64,
        place: Transit,
    ) -> Result<Block> {
        let pages = length.div_ceil(PAGE_SIZE).max(1);
        if pages > self.arena.layout().max_pages.min(MAX_RUN) {
            return Err(self.arena.out_of_memory(length));
        }
        let (page, free) = match self.find(pages)? {
            Some(found) => found,
            None => {
                self.arena.grow(pages)?;
                self.find(pages)?
                    .ok_or_else(|| self.arena.out_of_memory(length))?
            }
        };
        let stamp = self.next_stamp();
        let run = PageWord::Run {
            pages: pages as u32,
            stamp,
        };
        if free > pages {
            let rest = PageWord::Free {
                pages: (free - pages) as u32,
            };
            self.arena.page_word(page + pages)?.store(rest.pack());
        }
        let block = Block {
            offset: self.arena.layout().page(page),
            stamp: run.pack(),
        };
        me.intent()?.set_block(place, block);
        self.arena.page_word(page)?.store(run.pack());
        self.used(page, page + pages)?;
        Ok(block)
    }

    /// Frees a run if it is still the one with that stamp; says whether it was.
    pub(super) fn free(&mut self, block: Block) -> Result<bool> {
        let page = self.arena.layout().page_of(block.offset)?;
        let word = self.arena.page_word(page)?;
        if word.load() != block.stamp {
            return Ok(false);
        }
        let pages = PageWord::unpack(block.stamp)?.length()?;
        self.make_free(page, pages)?;
        Ok(true)
    }

    /// Turns a page of small blocks, none of which is in use, into a free page.
    pub(super) fn free_slab(&mut self, page: u64) -> Result<()> {
        self.make_free(page, 1)
    }

    fn make_free(&mut self, page: u64, pages: u64) -> Result<()> {
        self.arena.page_word(page)?.store(
            PageWord::Free {
                pages: pages as u32,
            }
            .pack(),
        );
        self.remember(page)
    }

    fn next_stamp(&self) -> u32 {
        let word = self.header.word64::<{ header::RUN_STAMP }>();
        let stamp = word.load().wrapping_add(1);
        word.store(stamp);
        stamp as u32
    }

    /// A free run of at least `pages`: its first page and its length.
    fn find(&mut self, pages: u64) -> Result<Option<(u64, u64)>> {
        for place in 0..REMEMBERED {
            let page = remembered(self.arena, place)?.load();
            let Some(page) = page.checked_sub(1) else {
                continue;
            };
            if let PageWord::Free { pages: free } = self.arena.page_kind(page)?
                && u64::from(free) >= pages
            {
                return Ok(Some((page, free.into())));
            }
        }
        let from = self.header.word64::<{ header::SEARCH_FROM }>().load();
        let end = self.arena.committed_pages()?;
        match self.walk(from.min(end), end, pages)? {
            None if from > 0 => self.walk(0, end, pages),
            found => Ok(found),
        }
    }

    /// Walks the pages from `page` to `end`, joining free neighbours on the way.
    fn walk(&mut self, mut page: u64, end: u64, pages: u64) -> Result<Option<(u64, u64)>> {
        while page < end {
            let kind = self.arena.page_kind(page)?;
            let mut length = kind.length()?;
            if let PageWord::Free { .. } = kind {
                length = self.join_free(page, length, end)?;
                if length >= pages {
                    return Ok(Some((page, length)));
                }
            }
            page += length;
        }
        Ok(None)
    }

    /// Makes one free run of the one at `page` and those that follow it directly.
    fn join_free(&mut self, page: u64, mut length: u64, end: u64) -> Result<u64> {
        while page + length < end {
            let next = page + length;
            let PageWord::Free { pages } = self.arena.page_kind(next)? else {
                break;
            };
            // Hints must not lead into the middle of the joined run, so they go first. The sum
            // fits: an arena has at most `MAX_RUN` pages.
            self.forget(next, page)?;
            length += u64::from(pages);
            self.arena.page_word(page)?.store(
                PageWord::Free {
                    pages: length as u32,
                }
                .pack(),
            );
            self.arena.page_word(next)?.store(PageWord::Interior.pack());
        }
        Ok(length)
    }

    /// Updates the hints after pages up to `next` were taken at `page`.
    fn used(&mut self, page: u64, next: u64) -> Result<()> {
        let still_free = next < self.arena.committed_pages()?
            && matches!(self.arena.page_kind(next)?, PageWord::Free { .. });
        for place in 0..REMEMBERED {
            let word = remembered(self.arena, place)?;
            if word.load() == page + 1 {
                word.store(if still_free { next + 1 } else { 0 });
                return Ok(());
            }
        }
        self.header.word64::<{ header::SEARCH_FROM }>().store(next);
        Ok(())
    }

    /// Puts a freed run first among the remembered ones.
    fn remember(&mut self, page: u64) -> Result<()> {
        let mut moved = page + 1;
        for place in 0..REMEMBERED {
            let word = remembered(self.arena, place)?;
            let here = word.load();
            word.store(moved);
            if here == 0 || here == page + 1 {
                break;
            }
            moved = here;
        }
        Ok(())
    }

    /// Drops every hint to `page`, which is about to become the inside of the run at `joined_to`.
    fn forget(&mut self, page: u64, joined_to: u64) -> Result<()> {
        for place in 0..REMEMBERED {
            let word = remembered(self.arena, place)?;
            if word.load() == page + 1 {
                word.store(0);
            }
        }
        let search_from = self.header.word64::<{ header::SEARCH_FROM }>();
        if search_from.load() == page {
            search_from.store(joined_to);
        }
        Ok(())
    }
}
