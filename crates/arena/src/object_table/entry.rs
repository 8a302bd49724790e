//! One entry of the object table.

use crate::arena::Arena;
use crate::error::{Error, Result};
use crate::layout::{OBJECT_ENTRY_HEAD, header};
use crate::lock::Lock;
use crate::mem::{Region, Word64};
use crate::object_table::Handle;
use crate::registry::ProcessId;

const SIZE: usize = OBJECT_ENTRY_HEAD as usize;

/// {state, kind, generation}: the commit word of the entry.
const STATE: usize = 0;
/// Where the header block's payload begins; written before the entry becomes live.
const HEADER: usize = 8;
/// How often the object's handle was put into a message or another object.
const SENT: usize = 16;
/// Held by whoever takes the object apart.
const DESTROY_LOCK: usize = 24;
/// The process that keeps the object for the others, if one does.
const KEEPER: usize = 32;
/// Not zero if somebody has let go of the object and left it to those who looked into it just then.
const LEFT_BEHIND: usize = 40;

/// What an entry is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EntryState {
    /// Nobody's.
    Free,
    /// An object's.
    Live,
    /// An object's that nobody can reach any more and that is being taken apart.
    Dying,
}

/// The state word of an entry, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EntryStatus {
    pub(crate) state: EntryState,
    pub(crate) kind: u8,
    pub(crate) generation: u32,
}

impl EntryStatus {
    pub(super) fn pack(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.kind) << 8 | self.state as u64
    }

    fn unpack(word: u64) -> Result<EntryStatus> {
        let state = match word & 0xff {
            0 => EntryState::Free,
            1 => EntryState::Live,
            2 => EntryState::Dying,
            _ => return Err(Error::corrupt("an object is in no known state")),
        };
        let kind = (word >> 8) as u8;
        Ok(EntryStatus {
            state,
            kind,
            generation: (word >> 32) as u32,
        })
    }
}

/// A view of one entry.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    arena: &'a Arena,
    region: Region<'a, SIZE>,
}

impl<'a> Entry<'a> {
    pub(crate) fn new(arena: &'a Arena, index: u32) -> Result<Entry<'a>> {
        if u64::from(index) >= arena.committed_objects()? {
            return Err(Error::corrupt(
                "an object beyond the end of the table is named",
            ));
        }
        let layout = arena.layout();
        let offset = layout.object_table() + u64::from(index) * layout.object_entry_size();
        Ok(Entry {
            arena,
            region: arena.window().region(offset)?,
        })
    }

    pub(crate) fn status(self) -> Result<EntryStatus> {
        EntryStatus::unpack(self.region.word64::<STATE>().load())
    }

    pub(super) fn set_status(self, status: EntryStatus) {
        self.region.word64::<STATE>().store(status.pack());
    }

    /// As [`set_status`](Self::set_status), and a full fence: what is read afterwards is read
    /// after everybody can see the new state.
    pub(super) fn announce_status(self, status: EntryStatus) {
        self.region.word64::<STATE>().swap(status.pack());
    }

    pub(crate) fn header(self) -> u64 {
        self.region.word64::<HEADER>().load()
    }

    pub(super) fn set_header(self, offset: u64) {
        self.region.word64::<HEADER>().store(offset);
    }

    pub(super) fn sent(self) -> Word64<'a> {
        self.region.word64::<SENT>()
    }

    pub(super) fn destroy_lock(self) -> Lock<'a> {
        Lock::new(self.region.word32::<DESTROY_LOCK>())
    }

    /// The process that keeps the object for the others.
    pub(super) fn keeper(self) -> Option<ProcessId> {
        ProcessId::unpack(self.region.word64::<KEEPER>().load())
    }

    pub(super) fn set_keeper(self, keeper: Option<ProcessId>) {
        self.region
            .word64::<KEEPER>()
            .store(keeper.map_or(0, ProcessId::pack));
    }

    /// Leaves the object to whoever holds it, or its destroy lock, just to look whether something can go.
    ///
    /// A full fence: who is not seen to hold it afterwards has not let go before this can be seen.
    pub(super) fn leave_behind(self) {
        self.region.word32::<LEFT_BEHIND>().swap(1);
    }

    /// Takes over what somebody has left behind, if so. To be asked after letting go.
    pub(super) fn take_over(self) -> bool {
        self.region.word32::<LEFT_BEHIND>().swap(0) != 0
    }

    /// The word with the bits of processes `64 * number ..`: who holds the object.
    fn holders(self, number: u16) -> Result<Word64<'a>> {
        let inside = OBJECT_ENTRY_HEAD + u64::from(number) * 8;
        self.arena.window().word64(self.region.offset() + inside)
    }

    pub(super) fn set_holder(self, process: ProcessId) -> Result<()> {
        self.holders(process.index / 64)?
            .fetch_or(1 << (process.index % 64));
        Ok(())
    }

    pub(super) fn clear_holder(self, process: ProcessId) -> Result<()> {
        self.holders(process.index / 64)?
            .fetch_and(!(1 << (process.index % 64)));
        Ok(())
    }

    pub(crate) fn is_held_by(self, process: ProcessId) -> Result<bool> {
        Ok(self.holders(process.index / 64)?.load() >> (process.index % 64) & 1 == 1)
    }

    pub(super) fn clear_holders(self) -> Result<()> {
        for number in 0..self.holder_words() {
            self.holders(number)?.store(0);
        }
        Ok(())
    }

    pub(super) fn has_holder(self) -> Result<bool> {
        self.has_holder_besides(None)
    }

    /// Whether a process holds the object that is not its keeper.
    pub(super) fn has_holder_besides(self, keeper: Option<ProcessId>) -> Result<bool> {
        for number in 0..self.holder_words() {
            let holders = self.holders(number)?.load_in_total_order();
            let kept = match keeper {
                Some(keeper) if keeper.index / 64 == number => 1 << (keeper.index % 64),
                Some(_) | None => 0,
            };
            if holders & !kept != 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn holder_words(self) -> u16 {
        self.arena.layout().max_processes.div_ceil(64)
    }
}

impl Arena {
    /// Entries of the object table that exist.
    pub(crate) fn committed_objects(&self) -> Result<u64> {
        Ok(self
            .header()?
            .word64::<{ header::COMMITTED_OBJECTS }>()
            .load())
    }

    /// The entry of `handle` and its state.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if the object is gone.
    pub(crate) fn entry(&self, handle: Handle) -> Result<(Entry<'_>, EntryStatus)> {
        if u64::from(handle.index) >= self.committed_objects()? {
            return Err(Error::StaleHandle { handle });
        }
        let entry = Entry::new(self, handle.index)?;
        let status = entry.status()?;
        match status.generation == handle.generation && status.state != EntryState::Free {
            true => Ok((entry, status)),
            false => Err(Error::StaleHandle { handle }),
        }
    }
}
