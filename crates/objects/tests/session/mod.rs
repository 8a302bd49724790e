//! A session of which all threads are in the test's own process.

use std::sync::Arc;

use procession_arena::{Arena, ArenaConfig, Participant, ProcessId, Result};

pub(crate) struct Session {
    arena: Arc<Arena>,
    process: ProcessId,
}

impl Session {
    pub(crate) fn new() -> Result<Session> {
        let config = ArenaConfig {
            memory_cap: 64 << 20,
            max_processes: 4,
            max_threads: 32,
        };
        let arena = Arena::create(&config, procession_objects::KINDS)?;
        let process = arena.register_root()?;
        Ok(Session { arena, process })
    }

    /// The calling thread as one of the session's.
    pub(crate) fn thread(&self) -> Result<Participant> {
        self.arena.register_thread(self.process)
    }

    /// The calling thread as one of a second process of the session.
    #[allow(dead_code, reason = "not every test has two processes")]
    pub(crate) fn thread_of_another_process(&self) -> Result<Participant> {
        self.arena.register_thread(self.arena.register_root()?)
    }
}
