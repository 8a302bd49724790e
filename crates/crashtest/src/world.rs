//! A small session of simulated processes.

use std::cell::Cell;
use std::sync::Arc;

use procession_arena::{Arena, ArenaConfig, Participant, ProcessId};

/// Bytes that a simulated session may use.
const MEMORY_CAP: u64 = 8 << 20;

thread_local! {
    /// An arena for the next world: getting one from the system takes a hundred times as long as
    /// all that happens in it.
    static SPARE: Cell<Option<Arc<Arena>>> = const { Cell::new(None) };
}

/// An arena and the processes that take part in it, all simulated in one real process.
#[derive(Debug)]
pub struct World {
    arena: Arc<Arena>,
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
        let mut spare = SPARE.take();
        if let Some(arena) = spare.as_mut().and_then(Arc::get_mut) {
            arena
                .reset()
                .unwrap_or_else(|error| panic!("an arena cannot be reset: {error}"));
        } else {
            spare = None;
        }
        World {
            arena: spare.unwrap_or_else(create),
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
        SPARE.set(Some(Arc::clone(&self.arena)));
    }
}

fn create() -> Arc<Arena> {
    let config = ArenaConfig {
        memory_cap: MEMORY_CAP,
        max_processes: 8,
        max_threads: 48,
    };
    let arena = Arena::create(&config, procession_objects::KINDS);
    arena.unwrap_or_else(|error| panic!("no arena: {error}"))
}
