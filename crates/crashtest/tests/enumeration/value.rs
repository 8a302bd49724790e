//! Death at every store of every operation of a value, and of every recovery from that.

use procession_crashtest::enumerate::{Tally, enumerate};
use procession_crashtest::value::{Operation, ValueScenario};

const SMALL: usize = 24;
/// Copied at leisure, and in a block of another size.
const LARGE: usize = 5_000;

fn enumerate_all(operation: Operation, sizes: &[usize], handles: &[bool]) {
    let mut tally = Tally::default();
    for size in sizes.iter().copied() {
        for with_handles in handles.iter().copied() {
            tally += enumerate(&ValueScenario {
                size,
                with_handles,
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
fn store() {
    enumerate_all(Operation::Store, &[8], &[false]);
}

#[test]
fn fetch_update() {
    enumerate_all(Operation::FetchUpdate, &[8], &[false]);
}

#[test]
fn get() {
    enumerate_all(Operation::Get, &[SMALL, LARGE], &[false]);
    enumerate_all(Operation::Get, &[SMALL], &[true]);
}

#[test]
fn set() {
    enumerate_all(Operation::Set(SMALL), &[SMALL], &[true]);
}

#[test]
fn set_if_it_is_as_it_was_read() {
    enumerate_all(Operation::Exchange(LARGE), &[SMALL], &[false]);
}

#[test]
fn swap() {
    enumerate_all(Operation::Swap(SMALL), &[SMALL], &[true]);
}

#[test]
fn create_and_detach() {
    enumerate_all(Operation::CreateAndDetach, &[SMALL], &[false]);
}

#[test]
fn detach_the_last_hold() {
    enumerate_all(Operation::Detach, &[SMALL], &[true]);
}
