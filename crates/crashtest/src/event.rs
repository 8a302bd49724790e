//! Operations of events, cut short.

use std::time::{Duration, Instant};

use procession_arena::{Error, Participant, Wait};
use procession_objects::Event;

use crate::enumerate::{Scenario, must};
use crate::sleepers::Sleepers;
use crate::world::World;

/// An operation on an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Sets it.
    Set,
    /// Sets it and clears it again.
    SetAndClear,
    /// Clears it.
    Clear,
    /// Waits for it, but not long.
    Wait,
    /// Creates another event and gives it up again.
    CreateAndDetach,
    /// Gives up the event; the last hold of it.
    Detach,
}

/// An event in some state, and what happens to it.
#[derive(Clone, Copy, Debug)]
pub struct EventScenario {
    /// Whether it is set.
    pub is_set: bool,
    /// How many wait for it.
    pub sleepers: usize,
    /// What the victim does.
    pub operation: Operation,
}

/// The event, as the scenario's processes reach it.
#[derive(Debug)]
pub struct Shared {
    event: Event,
    /// Holds the event until the end; `None` if the victim has the last hold.
    holder: Option<Participant>,
    sleepers: Sleepers<bool>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(holder) = &self.holder {
            must(self.event.set(holder));
        }
        self.sleepers.outcomes();
    }
}

impl Scenario for EventScenario {
    type Shared = Shared;
    /// Whether it is set.
    type Observed = bool;

    fn name(&self) -> String {
        format!("{self:?}")
    }

    fn prepare(&self, world: &World, victim: &Participant) -> Shared {
        let event = must(Event::create(victim));
        if self.is_set {
            must(event.set(victim));
        }
        let handle = event.handle();
        let is_last_hold = self.operation == Operation::Detach;
        let holder = (!is_last_hold).then(|| world.process());
        if let Some(holder) = &holder {
            must(Event::attach(holder, handle));
        }
        let sleepers = Sleepers::start(world, self.sleepers, move |me, wait| {
            let event = must(Event::attach(me, handle));
            let was_set = event.wait(me, wait).is_ok();
            must(event.detach(me));
            was_set
        });
        Shared {
            event,
            holder,
            sleepers,
        }
    }

    fn operate(&self, shared: &Shared, victim: &Participant) {
        let event = &shared.event;
        match self.operation {
            Operation::Set => must(event.set(victim)),
            Operation::SetAndClear => {
                must(event.set(victim));
                must(event.clear(victim));
            }
            Operation::Clear => must(event.clear(victim)),
            Operation::Wait => wait_a_little(event, victim),
            Operation::CreateAndDetach => {
                let other = must(Event::create(victim));
                must(other.detach(victim));
            }
            Operation::Detach => must(event.detach(victim)),
        }
    }

    fn use_object(&self, shared: &Shared, user: &Participant) {
        if shared.holder.is_some() && !must(shared.event.is_set(user)) {
            let refused = shared.event.wait(user, Wait::Never);
            assert!(matches!(refused, Err(Error::TimedOut)), "{refused:?}");
        }
    }

    fn observe(&self, shared: &Shared, survivor: &Participant) -> bool {
        if shared.holder.is_none() {
            return false;
        }
        let is_set = must(shared.event.is_set(survivor));
        // If it was set and cleared, those who slept then have been woken, or sleep on.
        if !is_set {
            must(shared.event.set(survivor));
        }
        for was_set in shared.sleepers.outcomes() {
            assert!(was_set, "a sleeper was not woken");
        }
        must(shared.event.wait(survivor, Wait::Never));
        must(shared.event.clear(survivor));
        assert!(!must(shared.event.is_set(survivor)));
        is_set
    }

    fn allows(&self, observed: &bool, _used: bool) -> bool {
        match self.operation {
            Operation::Set | Operation::SetAndClear => *observed || !self.is_set,
            Operation::Clear => !*observed || self.is_set,
            Operation::Wait | Operation::CreateAndDetach => *observed == self.is_set,
            Operation::Detach => true,
        }
    }

    fn finish(&self, mut shared: Shared, survivor: &Participant) {
        if let Some(holder) = shared.holder.take() {
            must(shared.event.detach(&holder));
        }
        must(survivor.reap_dead());
    }
}

fn wait_a_little(event: &Event, me: &Participant) {
    match event.wait(me, Wait::Until(Instant::now() + Duration::from_micros(20))) {
        Ok(()) | Err(Error::TimedOut) => {}
        Err(error) => panic!("{error}"),
    }
}
