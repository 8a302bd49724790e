//! Death at every store of every operation of locks and reentrant locks, and of every recovery from
//! that.

use procession_crashtest::enumerate::{Tally, enumerate};
use procession_crashtest::lock::{HeldBy, LockKind, LockScenario, Operation};

fn enumerate_all(operation: Operation, states: &[HeldBy]) {
    let mut tally = Tally::default();
    for kind in [LockKind::Plain, LockKind::Reentrant] {
        for &held_by in states {
            let several = matches!(held_by, HeldBy::Victim(2..));
            if several && kind == LockKind::Plain {
                continue;
            }
            for sleeper in [false, true] {
                tally += enumerate(&LockScenario {
                    kind,
                    held_by,
                    sleeper,
                    operation,
                });
            }
        }
    }
    println!(
        "{operation:?}: {} deaths, {} deaths in recovery",
        tally.deaths, tally.deaths_in_recovery
    );
    assert!(tally.deaths > 0);
}

const EVERY_STATE: &[HeldBy] = &[
    HeldBy::Nobody,
    HeldBy::Victim(1),
    HeldBy::Victim(2),
    HeldBy::Living,
    HeldBy::Dead,
    HeldBy::Reaped,
];

const OWN: &[HeldBy] = &[HeldBy::Victim(1), HeldBy::Victim(2), HeldBy::Victim(3)];

#[test]
fn acquire() {
    enumerate_all(Operation::Acquire, EVERY_STATE);
}

#[test]
fn wait() {
    enumerate_all(Operation::Wait, EVERY_STATE);
}

#[test]
fn release() {
    enumerate_all(Operation::Release, OWN);
}

#[test]
fn release_for_the_dead() {
    enumerate_all(Operation::ReleaseAbandoned, &[HeldBy::Dead, HeldBy::Reaped]);
}

#[test]
fn detach_the_last_hold() {
    enumerate_all(
        Operation::Detach,
        &[HeldBy::Nobody, HeldBy::Victim(1), HeldBy::Victim(2)],
    );
}
