//! Processes that sleep while others die: their threads are real.

use std::cell::RefCell;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use procession_arena::{Participant, Wait};

use crate::enumerate::must;
use crate::world::World;

/// Long enough that no sleeper sees its end, if all is well.
const LONG: Duration = Duration::from_secs(60);

/// Simulated processes of one thread each, that wait for something.
///
/// A thread that is killed in the simulation runs alone; so it does not tell whether somebody whom it
/// should have woken is woken in its stead. These do.
#[derive(Debug)]
pub struct Sleepers<T> {
    threads: RefCell<Vec<JoinHandle<T>>>,
}

impl<T: Send + 'static> Sleepers<T> {
    /// Starts processes that do `work`, and returns when all of them sleep.
    pub fn start(
        world: &World,
        count: usize,
        work: impl Fn(&Participant, Wait) -> T + Clone + Send + 'static,
    ) -> Sleepers<T> {
        let mut threads = Vec::new();
        for number in 1..=count {
            let (arena, work) = (Arc::clone(world.arena()), work.clone());
            threads.push(thread::spawn(move || {
                let process = must(arena.register_simulated_process());
                let me = must(arena.register_simulated_thread(process));
                work(&me, Wait::Until(Instant::now() + LONG))
            }));
            while must(world.arena().sleeping_threads()) != number {
                thread::yield_now();
            }
        }
        Sleepers {
            threads: RefCell::new(threads),
        }
    }

    /// What came of their work, when all are done; each is told once.
    ///
    /// # Panics
    ///
    /// If one of them has.
    pub fn outcomes(&self) -> Vec<T> {
        let threads = self.threads.take();
        let outcome = |thread: JoinHandle<T>| {
            thread
                .join()
                .unwrap_or_else(|_| panic!("a sleeper has panicked"))
        };
        threads.into_iter().map(outcome).collect()
    }

    /// How many were started and not yet told of.
    pub fn len(&self) -> usize {
        self.threads.borrow().len()
    }

    /// Whether all have been told of.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
