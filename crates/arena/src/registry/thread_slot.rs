//! The slot of one registered thread.

use crate::arena::Arena;
use crate::error::{Error, Result};
use crate::layout::THREAD_SLOT_SIZE;
use crate::lock::Lock;
use crate::mem::{Region, Word32, Word64};
use crate::registry::identity::{ProcessId, ThreadId, ThreadToken};
use crate::registry::intent::{INTENT_SIZE, Intent};
use crate::sys::life_word::OWNER_DIED;

const SIZE: usize = THREAD_SLOT_SIZE as usize;

/// Written by the kernel when the thread ends, and by nobody else after registration.
pub(super) const LIFE_ROOM: u64 = 0;
/// {kind, process index, generation}: the commit word of the slot.
const STATE: usize = 64;
/// Where in the life room the life word is; written once at registration.
const LIFE_OFFSET: usize = 72;
/// Held by whoever reaps the thread.
const REAP_LOCK: usize = 76;
/// Generation of the process; written before the slot becomes live.
const PROCESS_GENERATION: usize = 80;
/// Processor on which the thread last waited or notified; a hint for spinning.
const PROCESSOR: usize = 84;
/// Held while somebody settles the dead thread's intent, and when the slot moves on.
const SETTLE_LOCK: usize = 88;
const INTENT: u64 = 128;

const _: () = assert!(INTENT as usize + INTENT_SIZE <= SIZE);

/// What a thread slot is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ThreadState {
    /// Nobody's.
    Free,
    /// A thread of the process is registering itself.
    Claimed,
    /// A registered thread's.
    Live,
    /// Its thread said goodbye; usable again as soon as the kernel says that it has ended.
    Exited,
}

/// The state word of a thread slot, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadStatus {
    pub(crate) state: ThreadState,
    pub(crate) process: u16,
    pub(crate) generation: u32,
}

impl ThreadStatus {
    pub(super) fn pack(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.process) << 16 | self.state as u64
    }

    pub(super) fn unpack(word: u64) -> Result<ThreadStatus> {
        let state = match word & 0xffff {
            0 => ThreadState::Free,
            1 => ThreadState::Claimed,
            2 => ThreadState::Live,
            3 => ThreadState::Exited,
            _ => return Err(Error::corrupt("a thread slot is in no known state")),
        };
        Ok(ThreadStatus {
            state,
            process: (word >> 16) as u16,
            generation: (word >> 32) as u32,
        })
    }
}

/// A view of one thread slot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadSlot<'a> {
    arena: &'a Arena,
    region: Region<'a, SIZE>,
}

impl<'a> ThreadSlot<'a> {
    pub(crate) fn new(arena: &'a Arena, index: u16) -> Result<ThreadSlot<'a>> {
        if index >= arena.layout().max_threads {
            return Err(Error::corrupt("a thread slot beyond the last one is named"));
        }
        let offset = arena.layout().thread_slots() + u64::from(index) * THREAD_SLOT_SIZE;
        Ok(ThreadSlot {
            arena,
            region: arena.window().region(offset)?,
        })
    }

    pub(super) fn state_word(self) -> Word64<'a> {
        self.region.word64::<STATE>()
    }

    pub(crate) fn status(self) -> Result<ThreadStatus> {
        ThreadStatus::unpack(self.state_word().load())
    }

    pub(super) fn reap_lock(self) -> Lock<'a> {
        Lock::new(self.region.word32::<REAP_LOCK>())
    }

    /// Comes after the locks of objects and of the object table, and before the heap's.
    pub(super) fn settle_lock(self) -> Lock<'a> {
        Lock::new(self.region.word32::<SETTLE_LOCK>())
    }

    pub(crate) fn processor(self) -> Word32<'a> {
        self.region.word32::<PROCESSOR>()
    }

    pub(crate) fn intent(self) -> Result<Intent<'a>> {
        Ok(Intent::new(
            self.arena.window().region(self.region.offset() + INTENT)?,
        ))
    }

    pub(super) fn life_room(self) -> u64 {
        self.region.offset() + LIFE_ROOM
    }

    pub(super) fn set_process(self, process: ProcessId, life_offset: u32) {
        self.region
            .word32::<PROCESS_GENERATION>()
            .store(process.generation);
        self.region.word32::<LIFE_OFFSET>().store(life_offset);
    }

    /// The slot's status, if it is that of a thread of `process`.
    ///
    /// The slot may have moved on by the time the answer is there: what is done about the thread must be
    /// done to the generation in this status, and to no other.
    pub(crate) fn status_in(self, process: ProcessId) -> Result<Option<ThreadStatus>> {
        let status = self.status()?;
        let belongs = status.state != ThreadState::Free
            && status.process == process.index
            && (status.state == ThreadState::Claimed
                || self.region.word32::<PROCESS_GENERATION>().load() == process.generation);
        Ok(belongs.then_some(status))
    }

    pub(crate) fn life_word(self) -> Result<Word32<'a>> {
        let inside = self.region.word32::<LIFE_OFFSET>().load();
        if inside >= crate::sys::life_word::LIFE_WORD_SIZE as u32 {
            return Err(Error::corrupt("a life word lies outside its room"));
        }
        self.arena
            .window()
            .word32(self.life_room() + u64::from(inside))
    }

    /// True once the kernel has said that the thread executes nothing more (invariant 10).
    pub(crate) fn has_ended(self) -> Result<bool> {
        Ok(self.life_word()?.load() & OWNER_DIED != 0)
    }

    /// True if the thread is dead and did not say goodbye before.
    pub(crate) fn was_killed(self) -> Result<bool> {
        Ok(self.status()?.state == ThreadState::Live && self.has_ended()?)
    }
}

impl Arena {
    /// True if the thread that `token` names will never run again: it was killed, or has ended.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if it names no possible thread.
    pub fn is_dead(&self, token: ThreadToken) -> Result<bool> {
        let slot = ThreadSlot::new(self, token.index())?;
        let status = slot.status()?;
        // Another generation: the slot moved on after everything was recovered (invariant 5).
        if !token.names(status.generation) {
            return Ok(true);
        }
        match status.state {
            ThreadState::Live => {
                let ended = slot.has_ended()?;
                // The life word may have been that of a successor in the slot.
                Ok(ended || !token.names(slot.status()?.generation))
            }
            ThreadState::Exited => Ok(true),
            ThreadState::Free | ThreadState::Claimed => Ok(false),
        }
    }

    /// The thread's life word and what it holds until the kernel flags it; `None` if the slot has
    /// moved on.
    pub(crate) fn life_word_of(&self, token: ThreadToken) -> Result<Option<(Word32<'_>, u32)>> {
        let slot = ThreadSlot::new(self, token.index())?;
        let word = slot.life_word()?;
        let alive = word.load() & !OWNER_DIED;
        let same = token.names(slot.status()?.generation);
        Ok(same.then_some((word, alive)))
    }

    /// The live or dead thread at `index`, if its slot is in use.
    pub(crate) fn thread_at(&self, index: u16) -> Result<Option<(ThreadSlot<'_>, ThreadId)>> {
        let slot = ThreadSlot::new(self, index)?;
        let status = slot.status()?;
        Ok(match status.state {
            ThreadState::Live => Some((
                slot,
                ThreadId {
                    index,
                    generation: status.generation,
                },
            )),
            _ => None,
        })
    }
}
