//! How a thread gets its slot, and gives it back.

use std::sync::Arc;

use crate::arena::Arena;
use crate::error::{Error, Result};
#[cfg(feature = "simulation")]
use crate::registry::identity::ThreadToken;
use crate::registry::identity::{ProcessId, ThreadId};
use crate::registry::participant::Participant;
use crate::registry::thread_slot::{ThreadSlot, ThreadState, ThreadStatus};
use crate::sys::life_word::{LIFE_WORD_SIZE, lock_for_life};

impl Arena {
    /// Registers the calling thread as a thread of `process`.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyThreads`] if every slot is taken; [`Error::System`] if the C library has no
    /// robust mutexes.
    ///
    /// # If a process dies
    ///
    /// In the middle of this: the slot is freed when the process is reaped.
    pub fn register_thread(self: &Arc<Self>, process: ProcessId) -> Result<Participant> {
        self.keep_mapped_for_ever();
        self.register_with(process, |slot| {
            let room = self
                .window()
                .life_word_room(slot.life_room(), LIFE_WORD_SIZE as u64)?;
            // SAFETY: the room is the life room of a slot that this thread has claimed, so nobody
            // else writes it; it is aligned to a cache line, and the mapping stays for ever.
            let offset = unsafe { lock_for_life(room) };
            let offset = offset.map_err(|error| Error::system("pthread_mutex_lock", error))?;
            u32::try_from(offset).map_err(|_| Error::corrupt("a life word lies outside its room"))
        })
    }

    /// Registers a thread whose death only [`Participant::abandon`] reports.
    ///
    /// # Errors
    ///
    /// As [`register_thread`](Self::register_thread).
    #[cfg(feature = "simulation")]
    pub fn register_simulated_thread(self: &Arc<Self>, process: ProcessId) -> Result<Participant> {
        let thread = self.register_with(process, |slot| {
            self.window().word32(slot.life_room())?.store(1);
            Ok(0)
        })?;
        thread.simulated.set(true);
        Ok(thread)
    }

    /// Does what the kernel does when a thread ends: flags its life word, then wakes one sleeper of it.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if there is no such slot.
    #[cfg(feature = "simulation")]
    pub fn end_simulated_thread(&self, thread: ThreadToken) -> Result<()> {
        let life = ThreadSlot::new(self, thread.index())?.life_word()?;
        life.fetch_or(crate::sys::life_word::OWNER_DIED);
        life.wake(1);
        Ok(())
    }

    fn register_with(
        self: &Arc<Self>,
        process: ProcessId,
        bind_life_word: impl FnOnce(ThreadSlot<'_>) -> Result<u32>,
    ) -> Result<Participant> {
        let thread = self.claim_thread_slot(process)?;
        let slot = ThreadSlot::new(self, thread.index)?;
        let life_offset = bind_life_word(slot)?;
        slot.set_process(process, life_offset);
        let live = ThreadStatus {
            state: ThreadState::Live,
            process: process.index,
            generation: thread.generation,
        };
        slot.state_word().store(live.pack());
        Ok(Participant::new(
            Arc::clone(self),
            process,
            thread,
            slot.intent()?.place(),
        ))
    }

    fn claim_thread_slot(&self, process: ProcessId) -> Result<ThreadId> {
        for index in 0..self.layout().max_threads {
            let slot = ThreadSlot::new(self, index)?;
            let found = slot.status()?;
            let generation = match found.state {
                ThreadState::Free => found.generation,
                // Its thread has given up everything, and the kernel no longer knows the word.
                ThreadState::Exited if slot.has_ended()? => found.generation.wrapping_add(1),
                _ => continue,
            };
            self.note_thread_slot(index)?;
            let claimed = ThreadStatus {
                state: ThreadState::Claimed,
                process: process.index,
                generation,
            };
            if slot
                .state_word()
                .compare_exchange(found.pack(), claimed.pack())
                .is_ok()
            {
                return Ok(ThreadId { index, generation });
            }
        }
        Err(Error::TooManyThreads {
            limit: self.layout().max_threads,
        })
    }
}

impl Participant {
    /// Gives up everything, then the slot. The kernel's word says later when it can be used again.
    pub(super) fn say_goodbye(&self) -> Result<()> {
        self.abandon_slabs(self.token())?;
        let slot = self.slot()?;
        let status = slot.status()?;
        slot.state_word().store(
            ThreadStatus {
                state: ThreadState::Exited,
                ..status
            }
            .pack(),
        );
        Ok(())
    }
}
