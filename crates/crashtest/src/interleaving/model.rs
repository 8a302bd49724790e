//! Running a scenario in many orders.

use std::sync::Arc;

use procession_arena::Participant;
use procession_arena::mem::interleaving::install;
use procession_arena::mem::simulation::{self, Run};
use shuttle::rand::Rng;
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, MaxSteps, Runner};

use super::kernel::{Kernel, Timeouts};
use crate::enumerate::must;

/// The arena's code has deeper stacks than the checker expects.
const STACK_SIZE: usize = 512 << 10;
/// Turns after which a scenario counts as endless.
const MOST_TURNS: usize = 200_000;
/// The same orders in each run.
const SEED: u64 = 0x70_72_6f_63;

/// How many orders of a scenario to try.
#[derive(Clone, Copy, Debug)]
pub struct Exploration {
    /// When sleeps end by themselves.
    pub timeouts: Timeouts,
    /// Orders that are chosen at random.
    pub random: usize,
    /// Orders with a few changes of turn at chosen moments, for each number of changes up to [`depth`](Self::depth).
    pub changes: usize,
    /// Changes of turn at chosen moments, at most.
    pub depth: usize,
}

/// One run of a scenario.
#[derive(Debug)]
pub struct Model {
    timeouts: Timeouts,
}

/// A thread of a scenario.
pub type Thread<T> = Box<dyn FnOnce() -> T + Send>;

impl Exploration {
    /// A choice of orders that takes about a second.
    pub fn new(timeouts: Timeouts) -> Exploration {
        Exploration {
            timeouts,
            random: 1_000,
            changes: 500,
            depth: 4,
        }
    }

    /// As many times as many orders.
    pub fn times(self, factor: usize) -> Exploration {
        Exploration {
            random: self.random * factor,
            changes: self.changes * factor,
            ..self
        }
    }

    /// Runs `scenario` in each of these orders.
    ///
    /// # Panics
    ///
    /// If the scenario does in one of them, or if all of its threads sleep for ever.
    pub fn run(self, scenario: impl Fn(&Model) + Send + Sync + 'static) {
        let scenario = Arc::new(scenario);
        self.run_with(
            RandomScheduler::new_from_seed(SEED, self.random),
            Arc::clone(&scenario),
        );
        for depth in 2..=self.depth {
            self.run_with(
                PctScheduler::new_from_seed(SEED + depth as u64, depth, self.changes),
                Arc::clone(&scenario),
            );
        }
    }

    fn run_with(
        self,
        scheduler: impl Scheduler + 'static,
        scenario: Arc<impl Fn(&Model) + Send + Sync + 'static>,
    ) {
        let mut config = Config::new();
        config.stack_size = STACK_SIZE;
        config.max_steps = MaxSteps::FailAfter(MOST_TURNS);
        let model = Model {
            timeouts: self.timeouts,
        };
        Runner::new(scheduler, config).run(move || scenario(&model));
    }
}

impl Model {
    /// Runs the threads until all have ended and returns what they returned.
    ///
    /// # Panics
    ///
    /// If one of them does.
    pub fn run<T: Send + 'static>(&self, threads: Vec<Thread<T>>) -> Vec<T> {
        let kernel = Kernel::new(self.timeouts, threads.len());
        let _scheduled = install(Arc::<Kernel>::clone(&kernel));
        let threads: Vec<_> = threads
            .into_iter()
            .map(|thread| {
                let kernel = Arc::clone(&kernel);
                shuttle::thread::spawn(move || {
                    let value = thread();
                    kernel.thread_ended();
                    value
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_| panic!("a thread of the model panicked"))
            })
            .collect()
    }
}

/// A number below `most`, another one in each order.
pub fn choose(most: u64) -> u64 {
    shuttle::rand::thread_rng().gen_range(0..most)
}

/// Runs `operation`, which may be killed before any of its first `stores` stores; `None` if it was, and the
/// kernel has said so.
pub fn perhaps_killed<T>(
    me: Participant,
    stores: u64,
    operation: impl FnOnce(&Participant) -> T,
) -> Option<(Participant, T)> {
    match simulation::run(choose(stores), || operation(&me)) {
        Run::Finished { value, .. } => Some((me, value)),
        Run::Killed => {
            must(me.abandon());
            None
        }
    }
}
