//! Who takes part in a session, who is alive, and what happens to what the dead leave behind.
//!
//! See `README.md` for the protocol.

mod identity;
pub(crate) mod intent;
mod mail;
mod participant;
mod process_registration;
pub(crate) mod process_slot;
mod reaper;
mod thread_registration;
mod thread_slot;

pub use identity::{ProcessId, ThreadId, ThreadToken};
pub use intent::{FIRST_OF_KIND, Intent, OWNED, Target, Transit};
pub use participant::Participant;
pub(crate) use thread_slot::ThreadSlot;
use thread_slot::ThreadState;

use crate::arena::Arena;
use crate::error::Result;
use crate::layout::header;
use crate::mem::Word64;
use crate::object_table::Handle;

/// A registered thread in the midst of an operation, as others see it.
#[derive(Clone, Copy, Debug)]
pub struct AtWork<'a> {
    /// The thread.
    pub token: ThreadToken,
    /// The slot of its process.
    pub process: u16,
    /// Its operation; the meaning is the object kind's own.
    pub operation: u8,
    /// What it said in [`Intent::count`] during this very operation.
    pub count: u64,
    /// What else it says about the operation; of a living thread, it may be about the next one already.
    pub intent: Intent<'a>,
    /// Whether the kernel has said that it is dead; then it is not reaped yet.
    pub is_dead: bool,
}

impl Participant {
    /// Calls `settle` for the intent of every killed thread that is not reaped yet, with its
    /// target and the slot of its process.
    ///
    /// The caller holds the lock that guards the intents it settles. A slot moves on only after its
    /// intent was settled under that lock (invariant 5), and not while somebody is in the middle of
    /// this: it may be settled already and still name its target, and must not become another
    /// thread's under the eyes of one who is about to settle it once more.
    ///
    /// # Errors
    ///
    /// What `settle` returns.
    pub fn for_each_dead_intent(
        &self,
        mut settle: impl FnMut(Intent<'_>, Target, u16) -> Result<()>,
    ) -> Result<()> {
        for index in 0..self.arena().thread_slots_used()? {
            let slot = ThreadSlot::new(self.arena(), index)?;
            if !slot.was_killed()? {
                continue;
            }
            let _stays = slot.settle_lock().acquire(self, || Ok(()))?;
            let status = slot.status()?;
            if status.state != ThreadState::Live || !slot.has_ended()? {
                continue;
            }
            let intent = slot.intent()?;
            if let Some(target) = intent.target()? {
                settle(intent, target, status.process)?;
            }
        }
        Ok(())
    }
}

impl Arena {
    /// Calls `visit` for every registered thread, living or killed.
    pub(crate) fn for_each_thread(
        &self,
        mut visit: impl FnMut(ThreadSlot<'_>, ThreadToken) -> Result<()>,
    ) -> Result<()> {
        for index in 0..self.thread_slots_used()? {
            if let Some((slot, thread)) = self.thread_at(index)? {
                visit(slot, ThreadToken::new(thread))?;
            }
        }
        Ok(())
    }

    /// Calls `visit` for every registered thread that has an operation under way on `object`.
    ///
    /// What a living thread has under way changes at any moment, unless the object's own lock keeps it
    /// from changing: that is for the object's kind to know.
    ///
    /// # Errors
    ///
    /// What `visit` returns.
    pub fn for_each_thread_on(
        &self,
        object: Handle,
        mut visit: impl FnMut(AtWork<'_>) -> Result<()>,
    ) -> Result<()> {
        self.for_each_thread(|slot, token| {
            // First: what the dead have under way does not change any more.
            let is_dead = self.is_dead(token)?;
            let intent = slot.intent()?;
            let target = intent.target()?;
            let Some(Target { operation, .. }) = target.filter(|target| target.object == object)
            else {
                return Ok(());
            };
            let count = intent.count();
            let status = slot.status()?;
            // A living thread may have begun something else before the count was read, and the slot
            // of a dead one may be another's.
            if intent.target()? != target || !token.names(status.generation) {
                return Ok(());
            }
            visit(AtWork {
                token,
                process: status.process,
                operation,
                count,
                intent,
                is_dead,
            })
        })
    }

    /// A thread of `process` that lives; `None` if the process has gone or has not registered one.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](crate::Error::Corrupt) if the registry is damaged.
    pub fn living_thread_of(&self, process: ProcessId) -> Result<Option<ThreadToken>> {
        for index in 0..self.thread_slots_used()? {
            if let Some((slot, thread)) = self.thread_at(index)?
                && slot.status_in(process)?.is_some()
                && !slot.has_ended()?
            {
                return Ok(Some(ThreadToken::new(thread)));
            }
        }
        Ok(None)
    }

    /// How many living threads of the session sleep until some object changes.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](crate::Error::Corrupt) if the registry is damaged.
    pub fn sleeping_threads(&self) -> Result<usize> {
        let mut sleepers = 0;
        self.for_each_thread(|slot, _| {
            sleepers += usize::from(slot.intent()?.is_sleeping() && !slot.has_ended()?);
            Ok(())
        })?;
        Ok(sleepers)
    }

    /// The processor on which the thread ran when it last said so.
    pub(crate) fn processor_of(&self, thread: ThreadToken) -> Result<u32> {
        Ok(ThreadSlot::new(self, thread.index())?.processor().load())
    }

    fn thread_slots_used(&self) -> Result<u16> {
        let used = self
            .header()?
            .word64::<{ header::THREAD_SLOTS_USED }>()
            .load();
        Ok(used.min(self.layout().max_threads.into()) as u16)
    }

    fn process_slots_used(&self) -> Result<u16> {
        let used = self
            .header()?
            .word64::<{ header::PROCESS_SLOTS_USED }>()
            .load();
        Ok(used.min(self.layout().max_processes.into()) as u16)
    }

    /// How many process slots were ever used: every process of the session has a lower index.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](crate::Error::Corrupt), never in practice.
    pub fn processes_ever(&self) -> Result<u16> {
        self.process_slots_used()
    }

    fn note_thread_slot(&self, index: u16) -> Result<()> {
        raise(
            self.header()?.word64::<{ header::THREAD_SLOTS_USED }>(),
            u64::from(index) + 1,
        );
        Ok(())
    }

    fn note_process_slot(&self, index: u16) -> Result<()> {
        raise(
            self.header()?.word64::<{ header::PROCESS_SLOTS_USED }>(),
            u64::from(index) + 1,
        );
        Ok(())
    }
}

fn raise(word: Word64<'_>, least: u64) {
    let mut found = word.load();
    while found < least {
        match word.compare_exchange(found, least) {
            Ok(()) => return,
            Err(newer) => found = newer,
        }
    }
}
