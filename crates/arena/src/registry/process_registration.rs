//! How a process gets its slot, and gives it back.

use crate::arena::Arena;
use crate::error::{Error, Result};
use crate::registry::identity::ProcessId;
use crate::registry::participant::Participant;
use crate::registry::process_slot::{GONE, Mail, ProcessSlot, ProcessState, ProcessStatus};
use crate::sys::process::{current_pid, start_time};

impl Arena {
    /// Registers the calling process as one that nobody of the session started.
    ///
    /// That is the first process of a session, or a copy made by `fork`.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyProcesses`].
    pub fn register_root(&self) -> Result<ProcessId> {
        self.register_pid(current_pid())
    }

    /// Registers a process that is alive as long as a thread of it is.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyProcesses`].
    #[cfg(feature = "simulation")]
    pub fn register_simulated_process(&self) -> Result<ProcessId> {
        self.register_pid(NOBODY)
    }

    fn register_pid(&self, pid: u32) -> Result<ProcessId> {
        for index in 0..self.layout().max_processes {
            let slot = ProcessSlot::new(self, index)?;
            let free = slot.status()?;
            if free.state != ProcessState::Free {
                continue;
            }
            self.note_process_slot(index)?;
            let live = ProcessStatus {
                state: ProcessState::Live,
                pid,
                ..free
            };
            if slot.replace_status(free, live) {
                note_start_time(slot, pid);
                return Ok(ProcessId {
                    index,
                    generation: free.generation,
                });
            }
        }
        Err(Error::TooManyProcesses {
            limit: self.layout().max_processes,
        })
    }

    /// Registers the calling process in the slot that its parent reserved for it.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnArena`] if the slot is no longer reserved: the parent has ended meanwhile.
    pub fn register_child(&self, process: ProcessId) -> Result<()> {
        let slot = ProcessSlot::new(self, process.index)?;
        let reserved = ProcessStatus {
            state: ProcessState::Reserved,
            generation: process.generation,
            pid: 0,
        };
        let live = ProcessStatus {
            state: ProcessState::Live,
            pid: current_pid(),
            ..reserved
        };
        match slot.replace_status(reserved, live) {
            true => {
                note_start_time(slot, live.pid);
                Ok(())
            }
            false => Err(Error::NotAnArena {
                what: "the process that started this one has ended",
            }),
        }
    }

    /// Says goodbye for a process that ends in good order.
    ///
    /// If other threads of it still run, nothing is done: they may use whatever the process holds, and take
    /// more, until the very end. Then it is reaped as if it had been killed.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn release_process(&self, me: &Participant) -> Result<()> {
        let process = me.process();
        let Some((_, status)) = self.process_slot(process)? else {
            return Ok(());
        };
        match self.has_another_thread(me)? {
            true => Ok(()),
            false => me.end_all_holds(process, status.pid),
        }
    }

    /// Whether another registered thread of this thread's process lives.
    fn has_another_thread(&self, me: &Participant) -> Result<bool> {
        let process = me.process();
        let mut found = false;
        self.for_each_thread(|slot, token| {
            found |=
                !me.goes_by(token) && slot.status_in(process)?.is_some() && !slot.has_ended()?;
            Ok(())
        })?;
        Ok(found)
    }
}

/// No system has so many processes, so nobody runs under this number.
#[cfg(feature = "simulation")]
const NOBODY: u32 = u32::MAX;

/// Without a start time the pid alone identifies the process.
fn note_start_time(slot: ProcessSlot<'_>, pid: u32) {
    #[cfg(feature = "simulation")]
    if pid == NOBODY {
        return slot.start_time().store(0);
    }
    slot.start_time()
        .store(start_time(pid).ok().flatten().unwrap_or(0));
}

impl Participant {
    /// Reserves a slot for a child that this process is about to start.
    ///
    /// # Errors
    ///
    /// [`Error::TooManyProcesses`] if every slot is taken.
    ///
    /// # If a process dies
    ///
    /// The slot is freed when this process is reaped, unless the child has registered by then.
    pub fn reserve_process(&self) -> Result<ProcessId> {
        let arena = self.arena();
        for index in 0..arena.layout().max_processes {
            let slot = ProcessSlot::new(arena, index)?;
            if slot.status()?.state != ProcessState::Free {
                continue;
            }
            let Some(_guard) = slot.lock().try_acquire(self, || Ok(()))? else {
                continue;
            };
            let free = slot.status()?;
            if free.state != ProcessState::Free {
                continue;
            }
            arena.note_process_slot(index)?;
            let reserved = ProcessStatus {
                state: ProcessState::Reserved,
                ..free
            };
            if slot.replace_status(free, reserved) {
                // Not before: a process that nobody started may have taken the slot meanwhile, without
                // its lock, and would wait for ever to be forgotten. Until the parent stands there the
                // slot passes for an orphan's, but nobody reaps it while its lock is held.
                slot.set_parent(Some(self.process()));
                return Ok(ProcessId {
                    index,
                    generation: free.generation,
                });
            }
        }
        Err(Error::TooManyProcesses {
            limit: arena.layout().max_processes,
        })
    }

    /// Reaps a child of which the kernel has said that it ended; its result stays.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn process_ended(&self, process: ProcessId) -> Result<()> {
        self.reaping(|reaper| {
            let Some((slot, _)) = reaper.arena().process_slot(process)? else {
                return Ok(());
            };
            // Not merely if nobody else does: the caller counts on its being done.
            let guard = slot.lock().acquire(reaper, || Ok(()))?;
            match reaper.arena().process_slot(process)? {
                Some((slot, status)) => reaper.reap_locked(process, slot, status, &guard),
                None => Ok(()),
            }
        })
    }

    /// Frees the slot of an ended child and what is left of its messages.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn forget_process(&self, process: ProcessId) -> Result<()> {
        let Some((slot, _)) = self.arena().process_slot(process)? else {
            return Ok(());
        };
        // Somebody else may be reaping the child at this moment; then the slot is freed after him.
        let _guard = slot.lock().acquire(self, || Ok(()))?;
        match self.arena().process_slot(process)? {
            Some((_, status)) if status.state == ProcessState::Live => Ok(()),
            Some((slot, status)) => self.free_process_slot(slot, process, status),
            None => Ok(()),
        }
    }

    /// The slot's lock must be held.
    pub(super) fn free_process_slot(
        &self,
        slot: ProcessSlot<'_>,
        process: ProcessId,
        status: ProcessStatus,
    ) -> Result<()> {
        // A reserved child may be registering at this moment: then the slot is its own.
        let gone = ProcessStatus {
            state: ProcessState::Gone,
            ..status
        };
        if !slot.replace_status(status, gone) {
            return Ok(());
        }
        if slot.start_time().load() != GONE {
            // It never lived, but its parent may have bequeathed it something.
            self.end_all_holds(process, status.pid)?;
        }
        self.drop_mail(process, Mail::Start)?;
        self.drop_mail(process, Mail::Result)?;
        slot.set_parent(None);
        // A successor is alive before it can say since when.
        slot.start_time().store(0);
        slot.set_status(status.next_free());
        Ok(())
    }
}
