//! Death at every store of every operation of conditions, and of every recovery from that.

use procession_crashtest::condition::{ConditionScenario, DeadInLine, Operation};
use procession_crashtest::enumerate::{Tally, enumerate};
use procession_crashtest::lock::LockKind;

fn enumerate_all(operation: Operation, waiters: &[usize], dead: &[DeadInLine]) {
    let mut tally = Tally::default();
    for &waiters in waiters {
        for &dead in dead {
            tally += enumerate(&ConditionScenario {
                // The one or the other: they differ in nothing but the depth.
                lock: match waiters {
                    1 => LockKind::Reentrant,
                    _ => LockKind::Plain,
                },
                waiters,
                dead,
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

const NOBODY_DEAD: &[DeadInLine] = &[DeadInLine::None];
const EVERY_DEATH: &[DeadInLine] = &[DeadInLine::None, DeadInLine::Waiting, DeadInLine::Notified];

#[test]
fn enter() {
    enumerate_all(Operation::Enter, &[0, 1, 2], NOBODY_DEAD);
    enumerate_all(Operation::Enter, &[2], EVERY_DEATH);
}

#[test]
fn wait_in_vain() {
    enumerate_all(Operation::Wait, &[0, 1, 2], NOBODY_DEAD);
}

#[test]
fn return_notified() {
    enumerate_all(Operation::ReturnNotified, &[0, 1, 2], NOBODY_DEAD);
}

#[test]
fn notify() {
    enumerate_all(Operation::Notify(1), &[0, 1, 2], EVERY_DEATH);
}

#[test]
fn notify_several() {
    enumerate_all(Operation::Notify(2), &[1, 2, 3], EVERY_DEATH);
}

#[test]
fn detach_the_last_hold() {
    enumerate_all(Operation::Detach, &[0], NOBODY_DEAD);
}
