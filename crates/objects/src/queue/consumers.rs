//! The table of consumers: how many items each process took and how many it has marked as done.

use procession_arena::mem::{CACHE_LINE, Region, Word64};
use procession_arena::{Arena, Error, Result};

use super::block::MessageBlock;
use super::layout::{HEADER_SIZE, Header};

const SIZE: usize = CACHE_LINE as usize;

/// Items taken by processes in this slot, ever. Written under the consumers' lock.
const GOT: usize = 0;
/// Items marked as done by processes in this slot, ever.
const DONE: usize = 8;
/// Items that ended processes in this slot had neither marked as done nor given back. The commit
/// word of a loss, written under the consumers' lock.
const LOST: usize = 16;
/// The oldest block that the process holds; zero if none. Redelivery only, under the consumers'
/// lock; the commit word of marking as done.
const FIRST_HELD: usize = 24;
/// The newest block that the process holds; derived.
const LAST_HELD: usize = 32;

/// Bytes of the table; it stands behind the header.
pub(super) fn table_size(arena: &Arena, joinable: bool) -> u64 {
    match joinable {
        true => u64::from(arena.max_processes()) * CACHE_LINE,
        false => 0,
    }
}

/// Zeroes the table of a new queue.
pub(super) fn clear_table(arena: &Arena, header: Header<'_>, joinable: bool) -> Result<()> {
    let start = header.offset() + HEADER_SIZE as u64;
    arena.window().clear(start, table_size(arena, joinable))
}

/// A view of one process's entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Consumer<'a> {
    entry: Region<'a, SIZE>,
}

impl<'a> Consumer<'a> {
    #[inline]
    pub(super) fn open(arena: &'a Arena, header: Header<'_>, process: u16) -> Result<Consumer<'a>> {
        if process >= arena.max_processes() {
            return Err(Error::Corrupt {
                what: "a consumer beyond the last process is named",
            });
        }
        let offset = header.offset() + HEADER_SIZE as u64 + u64::from(process) * CACHE_LINE;
        Ok(Consumer {
            entry: arena.window().region(offset)?,
        })
    }

    #[inline]
    pub(super) fn got(self) -> Word64<'a> {
        self.entry.word64::<GOT>()
    }

    #[inline]
    pub(super) fn done(self) -> Word64<'a> {
        self.entry.word64::<DONE>()
    }

    pub(super) fn lost(self) -> Word64<'a> {
        self.entry.word64::<LOST>()
    }

    pub(super) fn first_held(self) -> Word64<'a> {
        self.entry.word64::<FIRST_HELD>()
    }

    pub(super) fn last_held(self) -> Word64<'a> {
        self.entry.word64::<LAST_HELD>()
    }

    /// Items that nobody waits for any more.
    #[inline]
    pub(super) fn finished(self) -> u64 {
        self.done().load().wrapping_add(self.lost().load())
    }

    /// Items taken, and neither marked as done nor lost.
    pub(super) fn outstanding(self) -> u64 {
        let finished = self.finished();
        self.got().load().saturating_sub(finished)
    }

    /// Links a block behind the others that the process holds. It counts once the head has passed
    /// its position. The consumers' lock is held.
    pub(super) fn append_held(self, arena: &Arena, message: MessageBlock<'_>) -> Result<()> {
        message.set_next_held(0);
        match self.first_held().load() {
            0 => self.first_held().store(message.offset()),
            _ => {
                let last = MessageBlock::open(arena, self.last_held().load())?;
                last.set_next_held(message.offset());
            }
        }
        self.last_held().store(message.offset());
        Ok(())
    }

    /// Calls `visit` with each block that is linked in the list, the oldest first.
    pub(super) fn visit_held(
        self,
        arena: &'a Arena,
        visit: &mut dyn FnMut(MessageBlock<'a>) -> Result<()>,
    ) -> Result<()> {
        let most = self.outstanding() + 1;
        let mut offset = self.first_held().load();
        for _ in 0..=most {
            if offset == 0 {
                return Ok(());
            }
            let message = MessageBlock::open(arena, offset)?;
            offset = message.next_held();
            visit(message)?;
        }
        Err(Error::Corrupt {
            what: "the list of a consumer's blocks does not end",
        })
    }
}
