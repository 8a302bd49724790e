//! Death at every store of every operation of a barrier, and of every recovery from that.

use procession_arena::mem::simulation::{self, Run};
use procession_arena::{Error, Wait};
use procession_crashtest::barrier::{BarrierScenario, Operation};
use procession_crashtest::enumerate::{Tally, enumerate, must};
use procession_crashtest::world::World;
use procession_objects::Barrier;

/// How many must come, how many wait, whether it is broken.
type State = (u16, usize, bool);

fn enumerate_all(operation: Operation, states: &[State]) {
    let mut tally = Tally::default();
    for &(parties, sleepers, is_broken) in states {
        tally += enumerate(&BarrierScenario {
            parties,
            sleepers,
            is_broken,
            operation,
        });
    }
    println!(
        "{operation:?}: {} deaths, {} deaths in recovery",
        tally.deaths, tally.deaths_in_recovery
    );
    assert!(tally.deaths > 0);
}

#[test]
fn wait_for_somebody() {
    enumerate_all(
        Operation::Wait,
        &[(2, 0, false), (3, 1, false), (4, 2, false)],
    );
}

#[test]
fn wait_as_the_last() {
    enumerate_all(
        Operation::Wait,
        &[(1, 0, false), (2, 1, false), (3, 2, false)],
    );
}

#[test]
fn wait_at_a_broken_one() {
    enumerate_all(Operation::Wait, &[(2, 0, true)]);
}

#[test]
fn arrive_and_release() {
    let states = [(1, 0, false), (2, 1, false), (3, 2, false)];
    enumerate_all(Operation::ArriveAndRelease, &states);
}

#[test]
fn arrive_and_give_up() {
    enumerate_all(Operation::ArriveAndGiveUp, &[(1, 0, false), (3, 2, false)]);
}

#[test]
fn arrive_and_forget() {
    enumerate_all(Operation::ArriveAndForget, &[(2, 1, false)]);
}

#[test]
fn abort() {
    enumerate_all(
        Operation::Abort,
        &[(2, 0, true), (2, 0, false), (4, 2, false)],
    );
}

#[test]
fn reset() {
    enumerate_all(
        Operation::Reset,
        &[(2, 0, true), (2, 0, false), (4, 2, false)],
    );
}

#[test]
fn create_and_detach() {
    enumerate_all(Operation::CreateAndDetach, &[(2, 0, false)]);
}

#[test]
fn detach_the_last_hold() {
    enumerate_all(Operation::Detach, &[(2, 0, false)]);
}

/// One is killed while it waits, and nobody looks for the dead before the last one comes.
#[test]
fn nobody_gets_through_on_behalf_of_the_dead() {
    let mut deaths_in_the_phase = 0;
    for store in 0.. {
        let world = World::new();
        let (me, victim) = (world.process(), world.process());
        let barrier = must(Barrier::create(&me, 2));
        must(Barrier::attach(&victim, barrier.handle()));
        let soon = Wait::Until(std::time::Instant::now() + std::time::Duration::from_micros(20));
        let killed = simulation::run(store, || barrier.wait(&victim, soon).is_ok());
        if killed != Run::Killed {
            break;
        }
        let had_arrived = must(barrier.n_waiting(&me)) == 1;
        must(victim.abandon());
        match barrier.wait(&me, Wait::Never) {
            Err(Error::BrokenBarrier) => {}
            Err(Error::TimedOut) => assert!(!had_arrived, "store {store}"),
            other => panic!("store {store}: {other:?}"),
        }
        deaths_in_the_phase += u32::from(had_arrived);
        must(me.reap_dead());
        must(barrier.detach(&me));
        assert_eq!(must(me.verify()).blocks, 0, "store {store}");
    }
    assert!(deaths_in_the_phase > 0);
}
