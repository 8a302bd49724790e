//! Operations of barriers, cut short.

use std::time::{Duration, Instant};

use procession_arena::{Error, Participant, Result, Wait};
use procession_objects::{Barrier, Turn};

use crate::enumerate::{Scenario, must};
use crate::sleepers::Sleepers;
use crate::world::World;

/// An operation on a barrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Waits for the others, but not long.
    Wait,
    /// Arrives as the last, and releases the others.
    ArriveAndRelease,
    /// Arrives as the last, and gives up.
    ArriveAndGiveUp,
    /// Arrives as the last, and goes on in its own way.
    ArriveAndForget,
    /// Breaks it.
    Abort,
    /// Makes it as good as new.
    Reset,
    /// Creates another barrier and gives it up again.
    CreateAndDetach,
    /// Gives up the barrier; the last hold of it.
    Detach,
}

/// A barrier in some state, and what happens to it.
#[derive(Clone, Copy, Debug)]
pub struct BarrierScenario {
    /// How many must come.
    pub parties: u16,
    /// How many wait.
    pub sleepers: usize,
    /// Whether it is broken.
    pub is_broken: bool,
    /// What the victim does.
    pub operation: Operation,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed {
    /// Those who waited still do.
    Untouched,
    /// Those who waited went on.
    Released,
    /// Those who waited were sent away, and so is whoever comes.
    Broken,
    /// Those who waited were sent away, and others may come.
    Reset,
}

/// The barrier, as the scenario's processes reach it.
#[derive(Debug)]
pub struct Shared {
    barrier: Barrier,
    /// Holds the barrier until the end; `None` if the victim has the last hold.
    holder: Option<Participant>,
    sleepers: Sleepers<Result<u16>>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(holder) = &self.holder {
            must(self.barrier.abort(holder));
        }
        self.sleepers.outcomes();
    }
}

impl Scenario for BarrierScenario {
    type Shared = Shared;
    type Observed = Observed;

    fn name(&self) -> String {
        format!("{self:?}")
    }

    fn prepare(&self, world: &World, victim: &Participant) -> Shared {
        let barrier = must(Barrier::create(victim, self.parties));
        if self.is_broken {
            must(barrier.abort(victim));
        }
        let handle = barrier.handle();
        let is_last_hold = self.operation == Operation::Detach;
        let holder = (!is_last_hold).then(|| world.process());
        if let Some(holder) = &holder {
            must(Barrier::attach(holder, handle));
        }
        let sleepers = Sleepers::start(world, self.sleepers, move |me, wait| {
            let barrier = must(Barrier::attach(me, handle));
            let outcome = barrier.wait(me, wait);
            must(barrier.detach(me));
            outcome
        });
        Shared {
            barrier,
            holder,
            sleepers,
        }
    }

    fn operate(&self, shared: &Shared, victim: &Participant) {
        let barrier = &shared.barrier;
        match self.operation {
            Operation::Wait => wait_a_little(barrier, victim),
            Operation::ArriveAndRelease
            | Operation::ArriveAndGiveUp
            | Operation::ArriveAndForget => match must(barrier.arrive(victim, Wait::Never)) {
                Turn::Through { index } => panic!("number {index} is not the last"),
                Turn::Last(turn) => match self.operation {
                    Operation::ArriveAndRelease => must(barrier.release(victim, turn)),
                    Operation::ArriveAndGiveUp => must(barrier.give_up(victim, turn)),
                    _ => must(barrier.is_broken(victim).map(drop)),
                },
            },
            Operation::Abort => must(barrier.abort(victim)),
            Operation::Reset => must(barrier.reset(victim)),
            Operation::CreateAndDetach => {
                let other = must(Barrier::create(victim, 1));
                must(other.wait(victim, Wait::Never));
                must(other.detach(victim));
            }
            Operation::Detach => must(barrier.detach(victim)),
        }
        if self.operation == Operation::ArriveAndForget {
            // Something to be killed in: the thread works on something else when it dies.
            let other = must(Barrier::create(victim, 1));
            must(other.detach(victim));
        }
    }

    fn use_object(&self, shared: &Shared, user: &Participant) {
        if shared.holder.is_none() {
            return;
        }
        match shared.barrier.wait(user, Wait::Never) {
            Ok(_) | Err(Error::TimedOut | Error::BrokenBarrier) => {}
            Err(error) => panic!("a successor cannot wait: {error}"),
        }
    }

    fn observe(&self, shared: &Shared, survivor: &Participant) -> Observed {
        if shared.holder.is_none() {
            return Observed::Untouched;
        }
        let barrier = &shared.barrier;
        let is_broken = must(barrier.is_broken(survivor));
        let waiting = usize::from(must(barrier.n_waiting(survivor)));
        let observed = match (is_broken, waiting) {
            (true, _) => Observed::Broken,
            (false, waiting) if waiting > 0 || self.sleepers == 0 => {
                assert_eq!(waiting, self.sleepers, "those who wait");
                must(barrier.abort(survivor));
                Observed::Untouched
            }
            (false, _) => Observed::Reset,
        };
        let outcomes = shared.sleepers.outcomes();
        let went_on: Vec<_> = outcomes.iter().flatten().collect();
        let sent_away = |outcome: &&Result<u16>| matches!(outcome, Err(Error::BrokenBarrier));
        let sent_away = outcomes.iter().filter(sent_away).count();
        check_that_it_works(barrier, survivor);
        if observed == Observed::Reset && went_on.len() == self.sleepers {
            return Observed::Released;
        }
        assert_eq!(sent_away, self.sleepers, "of {outcomes:?}");
        observed
    }

    fn allows(&self, observed: &Observed, used: bool) -> bool {
        use Observed::{Broken, Released, Reset, Untouched};
        let is_last = self.sleepers + 1 == usize::from(self.parties);
        let before = if self.is_broken { Broken } else { Untouched };
        *observed == before
            || match self.operation {
                Operation::Wait if is_last => matches!(observed, Broken | Released),
                Operation::Wait | Operation::Abort => *observed == Broken,
                Operation::ArriveAndRelease => matches!(observed, Broken | Released),
                // Whoever uses it may be the last in the victim's stead.
                Operation::ArriveAndGiveUp | Operation::ArriveAndForget => {
                    *observed == Broken || used && *observed == Released
                }
                Operation::Reset if self.is_broken => *observed == Untouched,
                Operation::Reset => *observed == Reset,
                Operation::CreateAndDetach | Operation::Detach => false,
            }
    }

    fn finish(&self, mut shared: Shared, survivor: &Participant) {
        if let Some(holder) = shared.holder.take() {
            must(shared.barrier.detach(&holder));
        }
        must(survivor.reap_dead());
    }
}

fn wait_a_little(barrier: &Barrier, me: &Participant) {
    let soon = Instant::now() + Duration::from_micros(20);
    match barrier.wait(me, Wait::Until(soon)) {
        Ok(_) | Err(Error::TimedOut | Error::BrokenBarrier) => {}
        Err(error) => panic!("{error}"),
    }
}

/// After a reset everything is as in a new one.
fn check_that_it_works(barrier: &Barrier, survivor: &Participant) {
    must(barrier.reset(survivor));
    assert_eq!(must(barrier.n_waiting(survivor)), 0);
    match (
        barrier.parties(),
        barrier.wait(survivor, Wait::Until(Instant::now())),
    ) {
        (1, Ok(0)) => {}
        (2.., Err(Error::TimedOut)) => {
            assert!(must(barrier.is_broken(survivor)));
            must(barrier.reset(survivor));
        }
        (parties, outcome) => panic!("a barrier of {parties} gave {outcome:?}"),
    }
}
