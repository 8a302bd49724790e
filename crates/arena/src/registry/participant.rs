//! A registered thread, in whose name operations on the arena run.

use std::cell::{Cell, OnceCell};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::arena::Arena;
use crate::error::{Error, Result};
use crate::event::SpinBudget;
use crate::heap::SlabCache;
use crate::object_table::Handle;
use crate::registry::identity::{ProcessId, ThreadId, ThreadToken};
use crate::registry::intent::{Intent, Target};
use crate::registry::thread_slot::ThreadSlot;

/// A registered thread of one process of the session.
///
/// Identity is a value, not a global: several participants may live in one thread, which is how
/// tests run many "processes" in one. A participant cannot leave its thread, because the kernel
/// reports *that* thread's death in its slot.
///
/// # If a process dies
///
/// The kernel flags the slot of every participant of it. Whoever meets a trace of the thread, or
/// looks for the dead, recovers what it left.
pub struct Participant {
    arena: Arc<Arena>,
    process: ProcessId,
    thread: ThreadId,
    token: ThreadToken,
    /// Where this thread's intent line is.
    intent: u64,
    pub(crate) slabs: SlabCache,
    pub(crate) spin: SpinBudget,
    next_stamp: Cell<u32>,
    abandoned: Cell<bool>,
    /// Whether to go on waiting is asked here.
    pub(crate) interruption: Cell<Option<fn() -> bool>>,
    /// In whose name this thread reaps: its own intent line may be in use when it does.
    reaper: OnceCell<Box<Participant>>,
    #[cfg(feature = "simulation")]
    pub(super) simulated: Cell<bool>,
    bound_to_its_thread: PhantomData<*const ()>,
}

impl Participant {
    pub(super) fn new(
        arena: Arc<Arena>,
        process: ProcessId,
        thread: ThreadId,
        intent: u64,
    ) -> Participant {
        Participant {
            intent,
            arena,
            process,
            thread,
            token: ThreadToken::new(thread),
            slabs: SlabCache::default(),
            spin: SpinBudget::default(),
            next_stamp: Cell::new(0),
            abandoned: Cell::new(false),
            interruption: Cell::new(None),
            reaper: OnceCell::new(),
            #[cfg(feature = "simulation")]
            simulated: Cell::new(false),
            bound_to_its_thread: PhantomData,
        }
    }

    /// The arena in which this thread is registered.
    #[inline]
    pub fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    /// The process to which this thread belongs.
    #[inline]
    pub fn process(&self) -> ProcessId {
        self.process
    }

    /// The thread's name in lock words.
    #[inline]
    pub fn token(&self) -> ThreadToken {
        self.token
    }

    /// Whether `token` is this thread's name, or the one under which it reaps.
    pub(super) fn goes_by(&self, token: ThreadToken) -> bool {
        let reaper = self.reaper.get().map(|reaper| reaper.token);
        token == self.token || reaper == Some(token)
    }

    /// The line in which this thread announces what it is about to do.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](crate::Error::Corrupt), never in practice: the slot was checked at
    /// registration.
    #[inline]
    pub fn intent(&self) -> Result<Intent<'_>> {
        Ok(Intent::new(self.arena.window().region(self.intent)?))
    }

    /// Announces an operation on `object`; must come before its first effect on shared memory.
    ///
    /// # Errors
    ///
    /// As [`intent`](Self::intent).
    #[inline]
    pub fn begin(&self, operation: u8, object: Handle) -> Result<Intent<'_>> {
        let intent = self.intent()?;
        intent.set_target(Target { operation, object });
        Ok(intent)
    }

    pub(crate) fn slot(&self) -> Result<ThreadSlot<'_>> {
        ThreadSlot::new(&self.arena, self.thread.index)
    }

    /// A number that no block in the arena has had before: this thread's name and a counter.
    pub(crate) fn next_stamp(&self) -> u64 {
        let count = self.next_stamp.get().wrapping_add(1);
        self.next_stamp.set(count);
        u64::from(self.token.bits()) << 32 | u64::from(count)
    }

    /// Does something on behalf of the dead.
    ///
    /// A thread meets the dead in the middle of its own operation, with a block in transit. So
    /// it reaps under a second registration, which it keeps.
    pub(super) fn reaping(&self, reap: impl FnOnce(&Participant) -> Result<()>) -> Result<()> {
        if let Some(reaper) = self.reaper.get() {
            return reap(reaper);
        }
        match self.register_reaper() {
            Ok(reaper) => reap(self.reaper.get_or_init(|| Box::new(reaper))),
            // The dead may hold the very slots that are lacking.
            Err(Error::TooManyThreads { .. }) if self.intent()?.target()?.is_none() => reap(self),
            // Somebody else will; this thread has other work under way.
            Err(Error::TooManyThreads { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn register_reaper(&self) -> Result<Participant> {
        #[cfg(feature = "simulation")]
        if self.simulated.get() {
            return self.arena.register_simulated_thread(self.process);
        }
        self.arena.register_thread(self.process)
    }

    /// Leaves the slot as a killed thread would, for tests of recovery.
    #[cfg(feature = "simulation")]
    pub fn abandon(mut self) -> Result<()> {
        if let Some(reaper) = self.reaper.take() {
            reaper.abandon()?;
        }
        self.abandoned.set(true);
        self.end_simulated()
    }

    #[cfg(feature = "simulation")]
    fn end_simulated(&self) -> Result<()> {
        self.arena.end_simulated_thread(self.token)
    }

    /// Forgets the registration without touching shared memory.
    ///
    /// For a forked child, whose copy of this value names its parent's thread.
    pub fn disown(mut self) {
        if let Some(reaper) = self.reaper.take() {
            reaper.disown();
        }
        self.abandoned.set(true);
    }
}

impl Drop for Participant {
    fn drop(&mut self) {
        if self.abandoned.get() {
            return;
        }
        // A failure means damaged memory; the slot then looks like a killed thread's, and is
        // recovered as one.
        let _ = self.say_goodbye();
        #[cfg(feature = "simulation")]
        if self.simulated.get() {
            let _ = self.end_simulated();
        }
    }
}

impl fmt::Debug for Participant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Participant")
            .field("process", &self.process)
            .field("thread", &self.thread)
            .finish_non_exhaustive()
    }
}
