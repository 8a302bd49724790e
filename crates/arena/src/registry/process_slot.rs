//! The slot of one process.

use crate::arena::Arena;
use crate::error::{Error, Result};
use crate::layout::PROCESS_SLOT_SIZE;
use crate::lock::Lock;
use crate::mem::{Region, Word64};
use crate::registry::identity::ProcessId;

const SIZE: usize = PROCESS_SLOT_SIZE as usize;

/// {kind, generation, pid}: the commit word of the slot.
const STATE: usize = 0;
/// When the process started, in clock ticks after boot; tells a recycled pid. Zero: not known, and in
/// a free slot.
const START_TIME: usize = 8;
/// In place of the start time: the kernel has said that the process is gone, and it is being reaped.
pub(super) const GONE: u64 = u64::MAX;
/// Who started it; zero in a free slot. Written under the slot's lock, right after it was reserved.
const PARENT: usize = 16;
/// Block with the start message; zero if none. Commit word of the mail.
const START_MESSAGE: usize = 24;
/// Block with the result; zero if none. Commit word of the mail.
const RESULT: usize = 32;
/// Held by whoever reserves, reaps or frees the slot.
const SLOT_LOCK: usize = 40;

/// What a process slot is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProcessState {
    /// Nobody's.
    Free,
    /// For a child that its parent is starting.
    Reserved,
    /// A process that takes part in the session.
    Live,
    /// The process has ended and is reaped; its parent has yet to take its result.
    Gone,
}

/// The state word of a process slot, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ProcessStatus {
    pub(crate) state: ProcessState,
    pub(crate) generation: u32,
    pub(crate) pid: u32,
}

const GENERATION_BITS: u32 = 0x0fff_ffff;

impl ProcessStatus {
    pub(super) fn pack(self) -> u64 {
        u64::from(self.pid) << 32
            | u64::from(self.generation & GENERATION_BITS) << 4
            | self.state as u64
    }

    fn unpack(word: u64) -> Result<ProcessStatus> {
        let state = match word & 0xf {
            0 => ProcessState::Free,
            1 => ProcessState::Reserved,
            2 => ProcessState::Live,
            3 => ProcessState::Gone,
            _ => return Err(Error::corrupt("a process slot is in no known state")),
        };
        let generation = (word >> 4) as u32 & GENERATION_BITS;
        Ok(ProcessStatus {
            state,
            generation,
            pid: (word >> 32) as u32,
        })
    }

    /// The state after this one has been recovered: free, for the next generation (invariant 5).
    pub(super) fn next_free(self) -> ProcessStatus {
        let generation = self.generation.wrapping_add(1) & GENERATION_BITS;
        ProcessStatus {
            state: ProcessState::Free,
            generation,
            pid: 0,
        }
    }
}

/// Which of the two messages of a process slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mail {
    /// From the parent: what to run.
    Start,
    /// From the child: what came of it.
    Result,
}

/// A view of one process slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcessSlot<'a> {
    region: Region<'a, SIZE>,
}

impl<'a> ProcessSlot<'a> {
    pub(crate) fn new(arena: &'a Arena, index: u16) -> Result<ProcessSlot<'a>> {
        if index >= arena.layout().max_processes {
            return Err(Error::corrupt(
                "a process slot beyond the last one is named",
            ));
        }
        let offset = arena.layout().process_slots() + u64::from(index) * PROCESS_SLOT_SIZE;
        Ok(ProcessSlot {
            region: arena.window().region(offset)?,
        })
    }

    pub(super) fn state_word(self) -> Word64<'a> {
        self.region.word64::<STATE>()
    }

    pub(crate) fn status(self) -> Result<ProcessStatus> {
        ProcessStatus::unpack(self.state_word().load())
    }

    pub(super) fn set_status(self, status: ProcessStatus) {
        self.state_word().store(status.pack());
    }

    pub(super) fn replace_status(self, old: ProcessStatus, new: ProcessStatus) -> bool {
        self.state_word()
            .compare_exchange(old.pack(), new.pack())
            .is_ok()
    }

    pub(super) fn start_time(self) -> Word64<'a> {
        self.region.word64::<START_TIME>()
    }

    pub(super) fn parent(self) -> Option<ProcessId> {
        ProcessId::unpack(self.region.word64::<PARENT>().load())
    }

    pub(super) fn set_parent(self, parent: Option<ProcessId>) {
        self.region
            .word64::<PARENT>()
            .store(parent.map_or(0, ProcessId::pack));
    }

    pub(crate) fn mail(self, mail: Mail) -> Word64<'a> {
        match mail {
            Mail::Start => self.region.word64::<START_MESSAGE>(),
            Mail::Result => self.region.word64::<RESULT>(),
        }
    }

    pub(super) fn lock(self) -> Lock<'a> {
        Lock::new(self.region.word32::<SLOT_LOCK>())
    }
}

impl Arena {
    /// The slot of `process`, if it is still that process's.
    pub(crate) fn process_slot(
        &self,
        process: ProcessId,
    ) -> Result<Option<(ProcessSlot<'_>, ProcessStatus)>> {
        let slot = ProcessSlot::new(self, process.index)?;
        let status = slot.status()?;
        let same = status.generation == process.generation && status.state != ProcessState::Free;
        Ok(same.then_some((slot, status)))
    }

    /// The process at `index`, if its slot is in use.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the registry is damaged.
    pub fn process_at(&self, index: u16) -> Result<Option<ProcessId>> {
        let status = ProcessSlot::new(self, index)?.status()?;
        Ok(match status.state {
            ProcessState::Free => None,
            _ => Some(ProcessId {
                index,
                generation: status.generation,
            }),
        })
    }

    /// The pid of `process`; `None` until it has registered and after it was forgotten.
    pub fn pid_of(&self, process: ProcessId) -> Option<u32> {
        let (_, status) = self.process_slot(process).ok()??;
        (status.pid != 0).then_some(status.pid)
    }
}
