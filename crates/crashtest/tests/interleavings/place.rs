//! Where the threads of a scenario meet.

use std::sync::Arc;

use procession_arena::Participant;
use procession_arena::mem::interleaving::uninterrupted;
use procession_crashtest::enumerate::must;
use procession_crashtest::interleaving::monitor::{self, Monitor};
use procession_crashtest::interleaving::{Model, Thread, perhaps_killed};
use procession_crashtest::world::World;

/// More threads than any scenario has.
const MAX_THREADS: u16 = 24;

/// A session with a monitor, and the process that watches over both.
pub(crate) struct Place {
    pub(crate) world: Arc<World>,
    pub(crate) monitor: Monitor,
    pub(crate) founder: Participant,
}

impl Place {
    pub(crate) fn new() -> Place {
        let world = World::of(monitor::KINDS, MAX_THREADS);
        let founder = world.process();
        let monitor = must(Monitor::create(&founder));
        Place {
            world: Arc::new(world),
            monitor,
            founder,
        }
    }

    /// A thread of a process of its own.
    pub(crate) fn thread(
        &self,
        operation: impl FnOnce(&Monitor, &Participant) + Send + 'static,
    ) -> Thread<bool> {
        let (world, monitor) = (Arc::clone(&self.world), self.monitor);
        Box::new(move || {
            let me = arrive(&world, &monitor);
            operation(&monitor, &me);
            true
        })
    }

    /// The same, which may be killed before any of its first `stores` stores; false if it was.
    pub(crate) fn mortal(
        &self,
        stores: u64,
        operation: impl FnOnce(&Monitor, &Participant) + Send + 'static,
    ) -> Thread<bool> {
        let (world, monitor) = (Arc::clone(&self.world), self.monitor);
        Box::new(move || {
            let me = arrive(&world, &monitor);
            let outcome = perhaps_killed(me, stores, |me| operation(&monitor, me));
            outcome.is_some()
        })
    }

    /// Runs the threads; says which of them were not killed.
    pub(crate) fn run(&self, model: &Model, threads: Vec<Thread<bool>>) -> Vec<bool> {
        let finished = model.run(threads);
        must(self.founder.reap_dead());
        must(self.founder.verify());
        let rescued = must(self.world.arena().rescued_wakes());
        assert_eq!(rescued, 0, "a wake was lost");
        finished
    }
}

fn arrive(world: &World, monitor: &Monitor) -> Participant {
    let _at_once = uninterrupted();
    let me = world.process();
    must(monitor.attach(&me));
    me
}
