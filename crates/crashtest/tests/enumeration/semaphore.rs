//! Death at every store of every operation of a semaphore, and of every recovery from that.

use procession_crashtest::enumerate::{Tally, enumerate};
use procession_crashtest::semaphore::{Operation, SemaphoreScenario};
use procession_objects::PermitRule;

const RULES: &[PermitRule] = &[
    PermitRule::Plain,
    PermitRule::Bounded,
    PermitRule::Attributed,
];

/// Without and with an account of who holds what.
const WITHOUT_AND_WITH_ACCOUNT: &[PermitRule] = &[PermitRule::Plain, PermitRule::Attributed];

/// How many permits are free, how many the victim holds, how many wait.
type State = (u32, u32, usize);

fn enumerate_all(operation: Operation, rules: &[PermitRule], states: &[State]) {
    let mut tally = Tally::default();
    for &rule in rules {
        for &(free, held, sleepers) in states {
            tally += enumerate(&SemaphoreScenario {
                rule,
                free,
                held,
                sleepers,
                operation,
            });
        }
    }
    println!(
        "{operation:?}: {} deaths, {} deaths in recovery",
        tally.deaths, tally.deaths_in_recovery
    );
    assert!(tally.deaths > 0);
}

#[test]
fn acquire() {
    enumerate_all(
        Operation::Acquire,
        WITHOUT_AND_WITH_ACCOUNT,
        &[(1, 0, 0), (3, 1, 0)],
    );
}

#[test]
fn acquire_in_vain() {
    enumerate_all(
        Operation::Acquire,
        WITHOUT_AND_WITH_ACCOUNT,
        &[(0, 0, 0), (0, 2, 0), (0, 1, 1)],
    );
}

#[test]
fn release() {
    enumerate_all(
        Operation::Release(1),
        RULES,
        &[(0, 1, 0), (2, 2, 0), (0, 2, 1)],
    );
}

#[test]
fn release_many() {
    enumerate_all(Operation::Release(2), RULES, &[(0, 2, 0), (0, 2, 2)]);
}

#[test]
fn acquire_and_release() {
    enumerate_all(
        Operation::AcquireAndRelease,
        WITHOUT_AND_WITH_ACCOUNT,
        &[(1, 0, 0), (2, 1, 0)],
    );
}

#[test]
fn create_and_detach() {
    enumerate_all(
        Operation::CreateAndDetach,
        WITHOUT_AND_WITH_ACCOUNT,
        &[(0, 1, 0)],
    );
}

#[test]
fn detach_the_last_hold() {
    enumerate_all(Operation::Detach, WITHOUT_AND_WITH_ACCOUNT, &[(1, 1, 0)]);
}
