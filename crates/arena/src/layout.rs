//! Where the fixed parts of an arena lie.
//!
//! ```text
//! header | process slots | thread slots | object table | page words | slab notes | pages ...
//! ```
//!
//! The object table, the page words and the slab notes are as long as the arena could ever need;
//! they are reserved in the file step by step as the arena grows.

use crate::error::{Error, Result};
use crate::mem::Window;

/// `"PROCESS\0"` as a little-endian number.
const MAGIC: u64 = u64::from_le_bytes(*b"PROCESS\0");

/// Raised with every change of the layout or of the meaning of a word in the arena.
pub const LAYOUT_VERSION: u64 = 1;

pub(crate) const PAGE_SIZE: u64 = 64 * 1024;
pub(crate) const HEADER_SIZE: u64 = 4096;
pub(crate) const PROCESS_SLOT_SIZE: u64 = 128;
pub(crate) const THREAD_SLOT_SIZE: u64 = 256;
pub(crate) const OBJECT_ENTRY_HEAD: u64 = 64;
pub(crate) const PAGE_WORD_SIZE: u64 = 8;
pub(crate) const SLAB_NOTE_SIZE: u64 = 320;

/// Objects that a session can hold at the same time.
pub(crate) const MAX_OBJECTS: u32 = 1 << 18;
/// Slots in a lock word are 16 bits wide, zero meaning "free".
const MAX_THREADS: u16 = u16::MAX - 1;
const MAX_PROCESSES: u16 = 1 << 14;

/// The header page: constants first, then words that change, each on a line of its own.
pub(crate) mod header {
    pub(crate) const SIZE: usize = 1024;
    pub(crate) const MAGIC: usize = 0;
    pub(crate) const VERSION: usize = 8;
    pub(crate) const PAGES: usize = 16;
    pub(crate) const MAX_PROCESSES: usize = 24;
    pub(crate) const MAX_THREADS: usize = 32;

    /// Pages that exist; the commit word of growth. Written under the heap lock.
    pub(crate) const COMMITTED_PAGES: usize = 128;
    pub(crate) const HEAP_LOCK: usize = 192;
    /// Stamp of the latest run of pages; raised under the heap lock before the stamp is used.
    pub(crate) const RUN_STAMP: usize = 200;
    /// Page at which the search for free pages begins; derived.
    pub(crate) const SEARCH_FROM: usize = 208;
    /// Runs freed lately, latest last; derived. Eight words.
    pub(crate) const RECENTLY_FREED: usize = 256;

    /// Not zero if there may be pages of small blocks that nobody owns; a hint.
    pub(crate) const ABANDONED: usize = 320;

    pub(crate) const TABLE_LOCK: usize = 384;
    /// Entries of the object table that exist; the commit word of its growth.
    pub(crate) const COMMITTED_OBJECTS: usize = 392;
    /// Entry at which the search for a free one begins; derived.
    pub(crate) const FREE_OBJECT: usize = 400;

    /// Thread slots that were ever used, so that nobody looks at the others. Only ever raised.
    pub(crate) const THREAD_SLOTS_USED: usize = 448;
    /// Process slots that were ever used. Only ever raised.
    pub(crate) const PROCESS_SLOTS_USED: usize = 456;

    /// Sleeps that ended by time-out although the condition had come true.
    pub(crate) const RESCUED_WAKES: usize = 512;
    /// Sleeps that ended by time-out while a wake for the condition was under way.
    pub(crate) const LATE_WAKES: usize = 520;
    /// Raised whenever a dead process has been reaped.
    pub(crate) const DEATHS: usize = 576;
}

/// The sizes from which every fixed offset follows; checked once, then private to the process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) max_processes: u16,
    pub(crate) max_threads: u16,
    /// Pages that the arena may have at most.
    pub(crate) max_pages: u64,
}

impl Layout {
    pub(crate) fn new(memory_cap: u64, max_processes: u16, max_threads: u16) -> Layout {
        Layout {
            max_processes: max_processes.clamp(1, MAX_PROCESSES),
            max_threads: max_threads.clamp(1, MAX_THREADS),
            max_pages: (memory_cap / PAGE_SIZE).clamp(1, u64::from(u32::MAX >> 8)),
        }
    }

    /// Writes the constants into the header of a new arena; the magic comes last.
    pub(crate) fn write(&self, window: &Window) -> Result<()> {
        let header = window.region::<{ header::SIZE }>(0)?;
        header.word64::<{ header::VERSION }>().store(LAYOUT_VERSION);
        header.word64::<{ header::PAGES }>().store(self.max_pages);
        header
            .word64::<{ header::MAX_PROCESSES }>()
            .store(self.max_processes.into());
        header
            .word64::<{ header::MAX_THREADS }>()
            .store(self.max_threads.into());
        header.word64::<{ header::MAGIC }>().store(MAGIC);
        Ok(())
    }

    /// Reads the constants of an arena that another process made.
    pub(crate) fn read(window: &Window) -> Result<Layout> {
        let refuse = |what| Err(Error::NotAnArena { what });
        let header = window.region::<{ header::SIZE }>(0)?;
        if header.word64::<{ header::MAGIC }>().load() != MAGIC {
            return refuse("it does not begin with the mark of an arena");
        }
        if header.word64::<{ header::VERSION }>().load() != LAYOUT_VERSION {
            return refuse("it was made by a version of procession with another layout");
        }
        let max_processes = header.word64::<{ header::MAX_PROCESSES }>().load();
        let max_threads = header.word64::<{ header::MAX_THREADS }>().load();
        let max_pages = header.word64::<{ header::PAGES }>().load();
        let (Ok(processes), Ok(threads)) = (max_processes.try_into(), max_threads.try_into())
        else {
            return refuse("its header gives impossible numbers of processes or threads");
        };
        let layout = Layout::new(max_pages.saturating_mul(PAGE_SIZE), processes, threads);
        if layout.max_pages != max_pages {
            return refuse("its header gives an impossible size");
        }
        Ok(layout)
    }

    pub(crate) fn process_slots(&self) -> u64 {
        HEADER_SIZE
    }

    pub(crate) fn thread_slots(&self) -> u64 {
        self.process_slots() + PROCESS_SLOT_SIZE * u64::from(self.max_processes)
    }

    pub(crate) fn object_table(&self) -> u64 {
        self.thread_slots() + THREAD_SLOT_SIZE * u64::from(self.max_threads)
    }

    /// Bytes of one entry of the object table: a line, and one bit for each process.
    pub(crate) fn object_entry_size(&self) -> u64 {
        OBJECT_ENTRY_HEAD + u64::from(self.max_processes).div_ceil(512) * 64
    }

    pub(crate) fn page_words(&self) -> u64 {
        let end = self.object_table() + self.object_entry_size() * u64::from(MAX_OBJECTS);
        end.next_multiple_of(64)
    }

    pub(crate) fn slab_notes(&self) -> u64 {
        (self.page_words() + PAGE_WORD_SIZE * self.max_pages).next_multiple_of(64)
    }

    pub(crate) fn pages(&self) -> u64 {
        (self.slab_notes() + SLAB_NOTE_SIZE * self.max_pages).next_multiple_of(PAGE_SIZE)
    }

    /// The first byte of page `page`.
    pub(crate) fn page(&self, page: u64) -> u64 {
        self.pages() + page * PAGE_SIZE
    }

    /// The page that holds the byte at `offset`.
    pub(crate) fn page_of(&self, offset: u64) -> Result<u64> {
        match offset.checked_sub(self.pages()) {
            Some(inside) if inside / PAGE_SIZE < self.max_pages => Ok(inside / PAGE_SIZE),
            _ => Err(Error::corrupt(
                "a block lies outside the pages of the arena",
            )),
        }
    }

    /// Bytes of the window that shows all of the arena.
    pub(crate) fn window_length(&self) -> u64 {
        self.page(self.max_pages)
    }
}
