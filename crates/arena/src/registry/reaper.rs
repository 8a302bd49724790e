//! Putting right what the dead left behind. See `README.md`, "The reaper". Every step may be
//! repeated by the next reaper, should this one be killed (invariant 9).

use crate::arena::Arena;
use crate::error::{Error, Result};
use crate::layout::header;
use crate::lock::{Guard, Lock};
use crate::object_table::Handle;
use crate::registry::identity::{ProcessId, ThreadId, ThreadToken};
use crate::registry::intent::{FIRST_OF_KIND, Intent, Target, Transit, operation};
use crate::registry::participant::Participant;
use crate::registry::process_slot::{GONE, ProcessSlot, ProcessState, ProcessStatus};
use crate::registry::thread_slot::{ThreadSlot, ThreadState, ThreadStatus};
use crate::sys::process::is_running;

impl Participant {
    /// Looks for dead threads and processes of the session and reaps them; says how many.
    ///
    /// Costs a few loads for each thread of the session if nobody is dead.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    ///
    /// # If a process dies
    ///
    /// In the middle of this: the next one to look repeats what it had begun.
    pub fn reap_dead(&self) -> Result<usize> {
        let mut reaped = 0;
        for index in 0..self.arena().process_slots_used()? {
            if let Some(process) = self.arena().process_at(index)?
                && self.arena().has_gone(process)?
            {
                self.reaping(|reaper| reaper.reap_process(process))?;
                reaped += 1;
            }
        }
        for index in 0..self.arena().thread_slots_used()? {
            if let Some((slot, thread)) = self.arena().thread_at(index)?
                && slot.was_killed()?
                && !self.arena().is_of_gone_process(slot)?
            {
                self.reaping(|reaper| reaper.reap_thread(thread))?;
                reaped += 1;
            }
        }
        Ok(reaped)
    }

    /// Recovers what a process owned. Its slot becomes free if its parent is gone as well.
    fn reap_process(&self, process: ProcessId) -> Result<()> {
        let Some((slot, _)) = self.arena().process_slot(process)? else {
            return Ok(());
        };
        let Some(guard) = slot.lock().try_acquire(self, || Ok(()))? else {
            return Ok(());
        };
        // What was seen without the lock may be past: a child whose parent is gone registers without it.
        match self.arena().process_slot(process)? {
            Some((slot, status)) if self.arena().has_gone_with(slot, process, status)? => {
                self.reap_locked(process, slot, status, &guard)
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The slot's lock is held, and a process with this very status is gone.
    pub(super) fn reap_locked(
        &self,
        process: ProcessId,
        slot: ProcessSlot<'_>,
        status: ProcessStatus,
        _held: &Guard<'_>,
    ) -> Result<()> {
        if status.state == ProcessState::Live {
            // Soon no thread's slot tells any more, and the pid goes on for a while.
            slot.start_time().store(GONE);
            self.reap_threads_of(process)?;
            self.end_all_holds(process, status.pid)?;
            self.arena()
                .header()?
                .word64::<{ header::DEATHS }>()
                .fetch_add(1);
        }
        let parent_is_gone = match slot.parent() {
            Some(parent) => match self.arena().process_slot(parent)? {
                Some((_, its)) => its.state == ProcessState::Gone,
                None => true,
            },
            None => true,
        };
        match parent_is_gone {
            true => self.free_process_slot(slot, process, status),
            false => {
                slot.set_status(ProcessStatus {
                    state: ProcessState::Gone,
                    ..status
                });
                Ok(())
            }
        }
    }

    fn reap_threads_of(&self, process: ProcessId) -> Result<()> {
        for index in 0..self.arena().thread_slots_used()? {
            let slot = ThreadSlot::new(self.arena(), index)?;
            if let Some(status) = slot.status_in(process)? {
                let generation = status.generation;
                // Not merely if nobody else does: what comes next builds on its being done.
                let guard = slot.reap_lock().acquire(self, || Ok(()))?;
                self.reap_thread_locked(ThreadId { index, generation }, &guard)?;
            }
        }
        Ok(())
    }

    /// Recovers what a dead thread owned; then, and only then, its slot moves on (invariant 5).
    fn reap_thread(&self, thread: ThreadId) -> Result<()> {
        let slot = ThreadSlot::new(self.arena(), thread.index)?;
        match slot.reap_lock().try_acquire(self, || Ok(()))? {
            Some(guard) => self.reap_thread_locked(thread, &guard),
            None => Ok(()),
        }
    }

    /// The slot's reap lock is held.
    fn reap_thread_locked(&self, thread: ThreadId, _held: &Guard<'_>) -> Result<()> {
        let slot = ThreadSlot::new(self.arena(), thread.index)?;
        let status = slot.status()?;
        if status.generation != thread.generation || status.state == ThreadState::Free {
            return Ok(());
        }
        if status.state == ThreadState::Exited && !slot.has_ended()? {
            // The kernel's list still leads here; whoever needs a slot will see when it does not.
            return Ok(());
        }
        if status.state == ThreadState::Live {
            let token = ThreadToken::new(thread);
            self.recover_operation(slot.intent()?)?;
            self.recover_global_locks(token)?;
            self.abandon_slabs(token)?;
        }
        let generation = status.generation.wrapping_add(1);
        let free = ThreadStatus {
            state: ThreadState::Free,
            process: 0,
            generation,
        };
        let _nobody_settles = slot.settle_lock().acquire(self, || Ok(()))?;
        // Fails if a thread has claimed the slot of one that had said goodbye.
        let _ = slot
            .state_word()
            .compare_exchange(status.pack(), free.pack());
        Ok(())
    }

    fn recover_operation(&self, intent: Intent<'_>) -> Result<()> {
        match intent.target()? {
            Some(Target {
                operation: operation::MAIL,
                object,
            }) => {
                self.settle_mail(intent, object)?;
            }
            Some(Target {
                operation: operation::CREATE,
                ..
            }) => {
                self.settle_creation_of_dead(intent)?;
            }
            Some(Target {
                operation: operation::DESTROY,
                object,
            }) => {
                // The header block is the dead thread's only if the entry no longer leads to it.
                match self.arena().entry(object) {
                    Err(Error::StaleHandle { .. }) => self.free_leftovers(intent)?,
                    _ => intent.clear_transit(),
                }
                intent.clear_target();
                self.destroy_if_unreachable(object)?;
            }
            Some(Target { operation, object }) if operation >= FIRST_OF_KIND => {
                self.recover_object(object)?;
            }
            Some(_) | None => {}
        }
        // Blocks of operations that are not about an object: nothing can link to them.
        self.free_leftovers(intent)?;
        intent.clear_target();
        Ok(())
    }

    /// Recovers an object, held meanwhile: nobody who holds it may be left.
    fn recover_object(&self, handle: Handle) -> Result<()> {
        match self.attach(handle) {
            Ok((object, kind)) => {
                let recovered = kind.recover(self, object);
                self.detach(handle)?;
                recovered
            }
            Err(Error::StaleHandle { .. }) => self.resume_destruction(handle),
            Err(error) => Err(error),
        }
    }

    fn free_leftovers(&self, intent: Intent<'_>) -> Result<()> {
        for place in [Transit::Payload, Transit::Structure] {
            if let Some(block) = intent.block(place) {
                self.free(block)?;
            }
        }
        intent.clear_transit();
        Ok(())
    }

    /// A slot must not move on while a lock still names its thread.
    fn recover_global_locks(&self, dead: ThreadToken) -> Result<()> {
        let header = self.arena().header()?;
        if Lock::new(header.word32::<{ header::TABLE_LOCK }>()).is_held_by(dead) {
            self.recover_table_lock()?;
        }
        if Lock::new(header.word32::<{ header::HEAP_LOCK }>()).is_held_by(dead) {
            self.recover_heap_lock()?;
        }
        Ok(())
    }
}

impl Arena {
    /// Whether the kernel says that no code of the process runs any more (invariant 10).
    ///
    /// If threads of it are registered, their life words tell: one that was killed and none that
    /// lives. That also covers a process that has replaced itself by `exec`. Without registered
    /// threads the pid and its start time tell.
    fn has_gone(&self, process: ProcessId) -> Result<bool> {
        match self.process_slot(process)? {
            Some((slot, status)) => self.has_gone_with(slot, process, status),
            None => Ok(false),
        }
    }

    /// The same of a process whose slot has this status. Exact while the slot's lock is held.
    fn has_gone_with(
        &self,
        slot: ProcessSlot<'_>,
        process: ProcessId,
        status: ProcessStatus,
    ) -> Result<bool> {
        match status.state {
            ProcessState::Free => Ok(false),
            ProcessState::Reserved | ProcessState::Gone => self.lost_its_parent(slot),
            ProcessState::Live => {
                let (killed, living) = self.count_threads(process)?;
                Ok(match (killed, living) {
                    (_, 1..) => false,
                    (1.., 0) => true,
                    (0, 0) => match slot.start_time().load() {
                        GONE => true,
                        start_time => !is_running(status.pid, start_time),
                    },
                })
            }
        }
    }

    /// Whether no code of the process will run any more, whether or not it is reaped.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the registry is damaged.
    pub fn has_ended(&self, process: ProcessId) -> Result<bool> {
        match self.process_slot(process)? {
            None => Ok(true),
            Some((_, status)) if status.state == ProcessState::Gone => Ok(true),
            Some(_) => self.has_gone(process),
        }
    }

    /// Whether the thread's process is gone as a whole: then it is reaped as a whole.
    fn is_of_gone_process(&self, slot: ThreadSlot<'_>) -> Result<bool> {
        match self.process_at(slot.status()?.process)? {
            Some(process) => Ok(slot.status_in(process)?.is_some() && self.has_gone(process)?),
            None => Ok(false),
        }
    }

    /// Whether the parent that would have freed the slot is itself no longer there.
    fn lost_its_parent(&self, slot: ProcessSlot<'_>) -> Result<bool> {
        let Some(parent) = slot.parent() else {
            return Ok(true);
        };
        Ok(match self.process_slot(parent)? {
            Some((_, status)) => status.state == ProcessState::Gone,
            None => true,
        })
    }

    fn count_threads(&self, process: ProcessId) -> Result<(u32, u32)> {
        let (mut killed, mut living) = (0, 0);
        for index in 0..self.thread_slots_used()? {
            let slot = ThreadSlot::new(self, index)?;
            let Some(status) = slot.status_in(process)? else {
                continue;
            };
            if status.state == ThreadState::Live {
                match slot.has_ended()? {
                    false => living += 1,
                    // It may have said goodbye meanwhile, and then ended.
                    true if slot.status()? == status => killed += 1,
                    true => {}
                }
            }
        }
        Ok((killed, living))
    }
}
