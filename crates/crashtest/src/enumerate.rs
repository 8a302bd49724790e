//! The enumeration itself.

use std::fmt::Debug;

use procession_arena::Participant;
use procession_arena::mem::simulation::{self, Run};

use crate::world::World;

/// An operation in a state, and what may be found after it was cut short.
pub trait Scenario {
    /// What the processes of the scenario share.
    type Shared;

    /// What is asked for after recovery, in all the detail that matters.
    type Observed: Debug + PartialEq;

    /// What it is called in reports.
    fn name(&self) -> String;

    /// Builds the state in which the operation begins. The victim may act in it, too.
    fn prepare(&self, world: &World, victim: &Participant) -> Self::Shared;

    /// The operation that is cut short.
    fn operate(&self, shared: &Self::Shared, victim: &Participant);

    /// Something that another process does with the object before anybody looks for the dead:
    /// it finds locks that the dead hold.
    fn use_object(&self, shared: &Self::Shared, user: &Participant);

    /// Looks at the object when all is recovered, in a way that may change it.
    fn observe(&self, shared: &Self::Shared, survivor: &Participant) -> Self::Observed;

    /// Whether that may have come of it.
    fn allows(&self, observed: &Self::Observed, used: bool) -> bool;

    /// Ends the observer's own part, so that the arena can be checked when nothing is left.
    fn finish(&self, shared: Self::Shared, survivor: &Participant);
}

/// How many crash points were tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Deaths in the operation.
    pub deaths: u64,
    /// Deaths in a recovery from such a death.
    pub deaths_in_recovery: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.deaths += other.deaths;
        self.deaths_in_recovery += other.deaths_in_recovery;
    }
}

/// How the first successor meets what the dead left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Successor {
    /// It looks for the dead.
    Reaps,
    /// It uses the object, without knowing that anybody died.
    Uses,
}

/// Dies at every store of the operation, and then at every store of each recovery.
///
/// # Panics
///
/// If anything is found that the scenario does not allow, or the arena does not verify.
pub fn enumerate<S: Scenario>(scenario: &S) -> Tally {
    let mut tally = Tally::default();
    for store in 0.. {
        for successor in [Successor::Reaps, Successor::Uses] {
            if !try_death(scenario, store, successor, None) {
                return tally;
            }
            tally.deaths += 1;
            for next in 0.. {
                if !try_death(scenario, store, successor, Some(next)) {
                    break;
                }
                tally.deaths_in_recovery += 1;
            }
        }
    }
    tally
}

/// One path: the victim dies before `store`; the first successor dies before `next`, if given.
///
/// False if the operation, or the successor's, came to its end before it was to die.
fn try_death<S: Scenario>(
    scenario: &S,
    store: u64,
    successor: Successor,
    next: Option<u64>,
) -> bool {
    let place = || {
        format!(
            "{}: store {store}, {successor:?}, then {next:?}",
            scenario.name()
        )
    };
    let _told = TellPlace(&place);
    let world = World::new();
    let keeper = world.process();
    let victim = world.process();
    let shared = scenario.prepare(&world, &victim);
    let operation = simulation::run(store, || scenario.operate(&shared, &victim));
    if operation != Run::Killed {
        return false;
    }
    abandon(victim);
    if let Some(next) = next {
        let first = world.process();
        let recovery = simulation::run(next, || succeed(scenario, &shared, successor, &first));
        if recovery != Run::Killed {
            return false;
        }
        abandon(first);
    }
    let used = successor == Successor::Uses;
    succeed(scenario, &shared, successor, &keeper);
    verify(&keeper, &place);
    let observed = scenario.observe(&shared, &keeper);
    assert!(
        scenario.allows(&observed, used),
        "{}: found {observed:?}",
        place()
    );
    verify(&keeper, &place);
    scenario.finish(shared, &keeper);
    let left = verify(&keeper, &place);
    assert_eq!(
        (left.blocks, left.objects),
        (0, 0),
        "{}: something is left",
        place()
    );
    assert_eq!(
        world.arena().rescued_wakes().ok(),
        Some(0),
        "{}: a wake was lost",
        place()
    );
    true
}

/// Says where it happened when anything panics.
struct TellPlace<'a>(&'a dyn Fn() -> String);

impl Drop for TellPlace<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this happened in: {}", (self.0)());
        }
    }
}

fn succeed<S: Scenario>(
    scenario: &S,
    shared: &S::Shared,
    successor: Successor,
    thread: &Participant,
) {
    if successor == Successor::Uses {
        scenario.use_object(shared, thread);
    }
    must(thread.reap_dead());
}

fn verify(thread: &Participant, place: &dyn Fn() -> String) -> procession_arena::Inventory {
    thread
        .verify()
        .unwrap_or_else(|error| panic!("{}: {error}", place()))
}

fn abandon(thread: Participant) {
    must(thread.abandon());
}

/// Unwraps what cannot fail in a sound arena.
///
/// # Panics
///
/// If it fails all the same.
pub fn must<T>(outcome: procession_arena::Result<T>) -> T {
    outcome.unwrap_or_else(|error| panic!("{error}"))
}
