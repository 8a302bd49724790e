//! Death at every store of every operation of an array, and of every recovery from that.

use procession_crashtest::array::{ArrayScenario, Operation};
use procession_crashtest::enumerate::{Tally, enumerate};

/// Runs the operation on arrays of elements of each size.
fn enumerate_all(operation: Operation, sizes: &[usize]) {
    let mut tally = Tally::default();
    for element_size in sizes.iter().copied() {
        tally += enumerate(&ArrayScenario {
            element_size,
            operation,
        });
    }
    println!(
        "{operation:?}: {} deaths, {} deaths in recovery",
        tally.deaths, tally.deaths_in_recovery
    );
    assert!(tally.deaths > 0);
}

const NUMBERS: &[usize] = &[1, 2, 4, 8];
const ANY: &[usize] = &[1, 2, 4, 8, 12, 200];

#[test]
fn store() {
    enumerate_all(Operation::Store, NUMBERS);
}

#[test]
fn compare_exchange() {
    enumerate_all(Operation::CompareExchange, NUMBERS);
}

#[test]
fn fetch_update() {
    enumerate_all(Operation::FetchUpdate, NUMBERS);
}

#[test]
fn write() {
    enumerate_all(Operation::Write, ANY);
}

#[test]
fn fill() {
    enumerate_all(Operation::Fill, ANY);
}

#[test]
fn change_together() {
    enumerate_all(Operation::ChangeTogether, &[8]);
}

#[test]
fn create_and_detach() {
    // As a run of pages; a small object is created by the enumeration of values.
    enumerate_all(Operation::CreateAndDetach(1000), &[12]);
}

#[test]
fn detach_the_last_hold() {
    enumerate_all(Operation::Detach, &[8, 2000]);
}
