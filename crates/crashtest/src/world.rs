//! A small session of simulated processes.

use std::cell::Cell;
use std::sync::Arc;

use procession_arena::mem::interleaving::uninterrupted;
use procession_arena::{Arena, ArenaConfig, ObjectKind, Participant, ProcessId};

/// Bytes that a simulated session may use.
const MEMORY_CAP: u64 = 8 << 20;

/// Threads that may be in a simulated session.
const MAX_THREADS: u16 = 48;

thread_local! {
    /// An arena for the next world: getting one from the system takes a hundred times as long as
    /// all that happens in it.
    static SPARE: Cell<Option<Spare>> = const { Cell::new(None) };
}

struct Spare {
    arena: Arc<Arena>,
    kinds: Kinds,
    max_threads: u16,
}

type Kinds = &'static [&'static dyn ObjectKind];

/// An arena and the processes that take part in it, all simulated in one real process.
#[derive(Debug)]
pub struct World {
    arena: Arc<Arena>,
    kinds: Kinds,
    max_threads: u16,
}

impl Default for World {
    fn default() -> World {
        World::new()
    }
}

impl World {
    /// A new session with room for a few processes.
    ///
    /// # Panics
    ///
    /// If the system has no memory for it.
    pub fn new() -> World {
        World::of(procession_objects::KINDS, MAX_THREADS)
    }

    /// A new session with objects of those kinds and room for so many threads.
    ///
    /// # Panics
    ///
    /// If the system has no memory for it.
    pub fn of(kinds: Kinds, max_threads: u16) -> World {
        let _building = uninterrupted();
        let spare = SPARE
            .take()
            .filter(|spare| std::ptr::eq(spare.kinds, kinds) && spare.max_threads == max_threads);
        let mut spare = spare.map(|spare| spare.arena);
        if let Some(arena) = spare.as_mut().and_then(Arc::get_mut) {
            arena
                .reset()
                .unwrap_or_else(|error| panic!("an arena cannot be reset: {error}"));
        } else {
            spare = None;
        }
        World {
            arena: spare.unwrap_or_else(|| create(kinds, max_threads)),
            kinds,
            max_threads,
        }
    }

    /// The session's arena.
    pub fn arena(&self) -> &Arc<Arena> {
        &self.arena
    }

    /// A new process with one thread.
    ///
    /// # Panics
    ///
    /// If the session is full.
    pub fn process(&self) -> Participant {
        // A process that is simulated lives as long as its threads: nobody may see it without one.
        let _at_once = uninterrupted();
        let process = self.arena.register_simulated_process();
        self.thread_of(process.unwrap_or_else(|error| panic!("no process: {error}")))
    }

    /// Another thread of a process.
    ///
    /// # Panics
    ///
    /// If the session is full.
    pub fn thread_of(&self, process: ProcessId) -> Participant {
        let thread = self.arena.register_simulated_thread(process);
        thread.unwrap_or_else(|error| panic!("no thread: {error}"))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        SPARE.set(Some(Spare {
            arena: Arc::clone(&self.arena),
            kinds: self.kinds,
            max_threads: self.max_threads,
        }));
    }
}

fn create(kinds: Kinds, max_threads: u16) -> Arc<Arena> {
    let config = ArenaConfig {
        memory_cap: MEMORY_CAP,
        max_processes: 8,
        max_threads,
    };
    let arena = Arena::create(&config, kinds);
    arena.unwrap_or_else(|error| panic!("no arena: {error}"))
}
