//! The arena: one memory file, its window, and what every process knows about it.

use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result};
use crate::layout::{Layout, PAGE_SIZE, header};
#[cfg(feature = "simulation")]
use crate::layout::{PAGE_WORD_SIZE, SLAB_NOTE_SIZE};
use crate::mem::{Region, Window};
use crate::object_table::{Attachments, ObjectKind};
use crate::sys::memory::{self, Mapping};

/// How large a session may become; fixed when its first process creates the arena.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArenaConfig {
    /// Bytes of shared memory that the session may use at most.
    pub memory_cap: u64,
    /// Processes that may be in the session at the same time.
    pub max_processes: u16,
    /// Threads that may use the session's objects at the same time.
    pub max_threads: u16,
}

impl Default for ArenaConfig {
    /// Half of the memory that is available now; 1,024 processes; 4,096 threads.
    fn default() -> ArenaConfig {
        ArenaConfig {
            memory_cap: memory::available_memory() / 2,
            max_processes: 1024,
            max_threads: 4096,
        }
    }
}

/// Memory that several processes share and that survives the death of any of them.
///
/// # If a process dies
///
/// The memory belongs to the session, not to a process: it goes back to the system with the last
/// process that has it open, also when all are killed at once.
#[derive(Debug)]
pub struct Arena {
    file: OwnedFd,
    /// Stays mapped for ever once a thread's life word lies in it.
    window: ManuallyDrop<Window>,
    layout: Layout,
    kinds: &'static [&'static dyn ObjectKind],
    attachments: Attachments,
    keep_mapped: AtomicBool,
}

impl Arena {
    /// Creates the memory of a new session.
    ///
    /// # Errors
    ///
    /// [`Error::System`] if the system offers no memory files, address space or memory.
    pub fn create(
        config: &ArenaConfig,
        kinds: &'static [&'static dyn ObjectKind],
    ) -> Result<Arc<Arena>> {
        let file =
            memory::create_memory_file().map_err(|error| Error::system("memfd_create", error))?;
        let mut layout = Layout::new(config.memory_cap, config.max_processes, config.max_threads);
        let mapping = loop {
            match Mapping::new(&file, layout.window_length() as usize) {
                Ok(mapping) => break mapping,
                // The address space is limited (RLIMIT_AS): be content with a smaller arena.
                Err(_) if layout.max_pages > MODEST_PAGES => {
                    layout.max_pages = (layout.max_pages / 2).max(MODEST_PAGES);
                }
                Err(error) => return Err(Error::system("mmap", error)),
            }
        };
        memory::reserve(file.as_fd(), 0, layout.object_table())
            .map_err(|error| Error::system("fallocate", error))?;
        let window = Window::new(mapping, layout.object_table(), Some(layout));
        layout.write(&window)?;
        window.raise_limit(layout.pages())?;
        let arena = Arena::new(file, window, layout, kinds);
        // The first pages lie behind all tables, so from now on the file reaches beyond them.
        arena.grow(1)?;
        Ok(Arc::new(arena))
    }

    /// Opens the memory of a session that another process created.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnArena`] if it is not one of this version; [`Error::System`] if it cannot be
    /// mapped.
    pub fn attach(file: OwnedFd, kinds: &'static [&'static dyn ObjectKind]) -> Result<Arc<Arena>> {
        if !memory::is_sealed(file.as_fd()).unwrap_or(false) {
            return Err(Error::NotAnArena {
                what: "it is not a sealed memory file",
            });
        }
        let map = |length: u64| {
            Mapping::new(&file, length as usize).map_err(|error| Error::system("mmap", error))
        };
        let layout = Layout::read(&Window::new(map(PAGE_SIZE)?, header::SIZE as u64, None))?;
        let window = Window::new(map(layout.window_length())?, layout.pages(), Some(layout));
        Ok(Arc::new(Arena::new(file, window, layout, kinds)))
    }

    fn new(
        file: OwnedFd,
        window: Window,
        layout: Layout,
        kinds: &'static [&'static dyn ObjectKind],
    ) -> Arena {
        Arena {
            file,
            window: ManuallyDrop::new(window),
            layout,
            kinds,
            attachments: Attachments::default(),
            keep_mapped: AtomicBool::new(false),
        }
    }
}

/// Pages that an arena asks for even where address space is scarce: one gibibyte.
const MODEST_PAGES: u64 = (1 << 30) / PAGE_SIZE;

impl Arena {
    /// The memory file, to be handed to other processes of the session. Closed on `exec`.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// The door to the arena's bytes.
    #[inline]
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// Bytes of shared memory that the session may use at most.
    pub fn memory_cap(&self) -> u64 {
        self.layout.max_pages * PAGE_SIZE
    }

    /// Processes that may be in the session at the same time.
    pub fn max_processes(&self) -> u16 {
        self.layout.max_processes
    }

    /// Threads that may use the session's objects at the same time.
    pub fn max_threads(&self) -> u16 {
        self.layout.max_threads
    }

    #[inline]
    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    #[inline]
    pub(crate) fn header(&self) -> Result<Region<'_, { header::SIZE }>> {
        self.window.region(0)
    }

    pub(crate) fn kinds(&self) -> &'static [&'static dyn ObjectKind] {
        self.kinds
    }

    pub(crate) fn attachments(&self) -> &Attachments {
        &self.attachments
    }

    pub(crate) fn keep_mapped_for_ever(&self) {
        self.keep_mapped.store(true, Ordering::Relaxed);
    }

    /// Sleeps in this session that ended by time-out although what they waited for had come true
    /// and nobody had said so: lost wake-ups. Zero, unless procession has a bug.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`], never in practice: the header was checked when the arena was opened.
    pub fn rescued_wakes(&self) -> Result<u64> {
        Ok(self.header()?.word64::<{ header::RESCUED_WAKES }>().load())
    }

    /// Sleeps in this session that ended by time-out while the wake was still on its way, or had
    /// gone to a thread that was killed before it could act on it.
    ///
    /// # Errors
    ///
    /// As [`rescued_wakes`](Self::rescued_wakes).
    pub fn late_wakes(&self) -> Result<u64> {
        Ok(self.header()?.word64::<{ header::LATE_WAKES }>().load())
    }

    /// Processes of this session that were reaped after their end.
    ///
    /// # Errors
    ///
    /// As [`rescued_wakes`](Self::rescued_wakes).
    pub fn reaped_processes(&self) -> Result<u64> {
        Ok(self.header()?.word64::<{ header::DEATHS }>().load())
    }
}

#[cfg(feature = "simulation")]
impl Arena {
    /// Makes the arena as good as new, without asking the system for another one.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`], never in practice.
    pub fn reset(&mut self) -> Result<()> {
        let layout = self.layout;
        let tables = layout.object_table() + self.committed_objects()? * layout.object_entry_size();
        let pages = self.committed_pages()?;
        self.window.clear(0, tables)?;
        self.window
            .clear(layout.page_words(), pages * PAGE_WORD_SIZE)?;
        self.window
            .clear(layout.slab_notes(), pages * SLAB_NOTE_SIZE)?;
        layout.write(&self.window)?;
        self.attachments = Attachments::default();
        self.commit_pages(0, pages)
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        if !*self.keep_mapped.get_mut() {
            // SAFETY: the window is not used again after this, the arena's last moment.
            unsafe { ManuallyDrop::drop(&mut self.window) };
        }
    }
}
