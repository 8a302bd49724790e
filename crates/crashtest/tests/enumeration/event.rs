//! Death at every store of every operation of an event, and of every recovery from that.

use procession_crashtest::enumerate::{Tally, enumerate};
use procession_crashtest::event::{EventScenario, Operation};

fn enumerate_all(operation: Operation, states: &[(bool, usize)]) {
    let mut tally = Tally::default();
    for &(is_set, sleepers) in states {
        tally += enumerate(&EventScenario {
            is_set,
            sleepers,
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
fn set() {
    enumerate_all(Operation::Set, &[(true, 0), (false, 0), (false, 2)]);
}

#[test]
fn set_and_clear() {
    enumerate_all(Operation::SetAndClear, &[(false, 0), (false, 2)]);
}

#[test]
fn clear() {
    enumerate_all(Operation::Clear, &[(true, 0), (false, 1)]);
}

#[test]
fn wait() {
    enumerate_all(Operation::Wait, &[(true, 0), (false, 0), (false, 1)]);
}

#[test]
fn create_and_detach() {
    enumerate_all(Operation::CreateAndDetach, &[(false, 0)]);
}

#[test]
fn detach_the_last_hold() {
    enumerate_all(Operation::Detach, &[(true, 0)]);
}
