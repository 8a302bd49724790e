//! Death at every store of every operation of a list, and of every recovery from that.

use procession_crashtest::enumerate::{Tally, enumerate};
use procession_crashtest::list::{ListScenario, Operation};

const SMALL: usize = 24;
/// More than is copied together with the search.
const LARGE: usize = 5_000;

/// Chunks of two elements: five elements are in three of them, and nine need a larger root.
const CHUNK_BITS: u32 = 1;

/// Runs the operation on lists of each of these lengths, and on one whose elements carry handles.
fn enumerate_all(lengths: &[usize], operation: &Operation) {
    let mut tally = Tally::default();
    for length in lengths {
        // One list of elements with handles is enough for each operation.
        for carrying in [false, true] {
            if carrying && length != &lengths[0] {
                continue;
            }
            let mut items = vec![SMALL; *length];
            if let Some(last) = items.last_mut() {
                *last = LARGE;
            }
            tally += enumerate(&ListScenario {
                chunk_bits: CHUNK_BITS,
                items,
                carrying,
                operation: operation.clone(),
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
fn push() {
    enumerate_all(&[0, 1, 2, 8], &Operation::Push(SMALL));
    enumerate_all(&[3], &Operation::Push(LARGE));
}

#[test]
fn pop() {
    enumerate_all(&[1, 2, 3, 5], &Operation::Pop);
}

#[test]
fn set() {
    enumerate_all(&[1, 3], &Operation::Set(0, SMALL));
    enumerate_all(&[3], &Operation::Set(2, LARGE));
}

#[test]
fn insert() {
    enumerate_all(&[0, 1, 2, 5], &Operation::Insert(0, SMALL));
    enumerate_all(&[4], &Operation::Insert(2, LARGE));
    enumerate_all(&[5], &Operation::Insert(3, SMALL));
}

#[test]
fn remove() {
    enumerate_all(&[1, 2, 5], &Operation::Remove(0));
    enumerate_all(&[3, 5], &Operation::Remove(2));
}

#[test]
fn extend() {
    enumerate_all(&[0, 3], &Operation::Extend(vec![SMALL, LARGE, SMALL]));
}

#[test]
fn splice() {
    enumerate_all(&[5], &Operation::Splice(1..3, vec![SMALL, SMALL, LARGE]));
    enumerate_all(&[5], &Operation::Splice(1..4, Vec::new()));
}

#[test]
fn truncate() {
    enumerate_all(&[3, 5], &Operation::Truncate(1));
    enumerate_all(&[1, 3], &Operation::Truncate(0));
}

#[test]
fn reverse() {
    enumerate_all(&[2, 5], &Operation::Reverse);
}

#[test]
fn swap() {
    enumerate_all(&[2], &Operation::Swap(0, 1));
    enumerate_all(&[5], &Operation::Swap(4, 1));
}

#[test]
fn rearrange() {
    enumerate_all(&[3], &Operation::Rearrange(vec![2, 0, 1]));
    enumerate_all(&[5], &Operation::Rearrange(vec![4, 1]));
}

#[test]
fn create_and_detach() {
    enumerate_all(&[1], &Operation::CreateAndDetach);
}

#[test]
fn detach_the_last_hold() {
    enumerate_all(&[0, 1, 5], &Operation::Detach);
}
