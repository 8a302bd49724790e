//! Death at every store of every operation of a list, and of every recovery from that.

use procession_crashtest::enumerate::{Tally, enumerate};
use procession_crashtest::list::{ListScenario, Operation};

const SMALL: usize = 24;
/// More than is copied together with the search.
const LARGE: usize = 5_000;

/// Chunks of two elements: five elements are in three of them, and nine need a larger root.
const CHUNK_BITS: u32 = 1;

/// Whether the elements carry handles.
const PLAIN: bool = false;
const CARRYING: bool = true;

/// Runs the operation on lists of these lengths.
fn enumerate_all(lists: &[(usize, bool)], operation: &Operation) {
    let mut tally = Tally::default();
    for (length, carrying) in lists {
        let mut items = vec![SMALL; *length];
        if let Some(last) = items.last_mut() {
            *last = LARGE;
        }
        tally += enumerate(&ListScenario {
            chunk_bits: CHUNK_BITS,
            items,
            carrying: *carrying,
            operation: operation.clone(),
        });
    }
    println!(
        "{operation:?}: {} deaths, {} deaths in recovery",
        tally.deaths, tally.deaths_in_recovery
    );
    assert!(tally.deaths > 0);
}

#[test]
fn push() {
    enumerate_all(&[(0, PLAIN), (1, CARRYING)], &Operation::Push(SMALL));
}

#[test]
fn push_into_another_chunk() {
    enumerate_all(&[(2, PLAIN)], &Operation::Push(SMALL));
}

#[test]
fn push_into_another_root() {
    enumerate_all(&[(8, PLAIN)], &Operation::Push(SMALL));
}

#[test]
fn pop() {
    enumerate_all(&[(1, PLAIN), (3, CARRYING), (5, PLAIN)], &Operation::Pop);
}

#[test]
fn set() {
    enumerate_all(&[(3, PLAIN), (1, CARRYING)], &Operation::Set(0, SMALL));
}

#[test]
fn insert() {
    enumerate_all(&[(0, PLAIN), (2, PLAIN)], &Operation::Insert(0, SMALL));
}

#[test]
fn insert_in_the_middle() {
    enumerate_all(&[(5, CARRYING)], &Operation::Insert(3, LARGE));
}

#[test]
fn remove() {
    enumerate_all(&[(1, PLAIN), (5, CARRYING)], &Operation::Remove(0));
}

#[test]
fn extend() {
    enumerate_all(&[(3, PLAIN)], &Operation::Extend(vec![SMALL, LARGE]));
}

#[test]
fn splice() {
    enumerate_all(&[(5, CARRYING)], &Operation::Splice(1..3, vec![SMALL]));
}

#[test]
fn truncate() {
    enumerate_all(&[(3, CARRYING)], &Operation::Truncate(1));
    enumerate_all(&[(3, PLAIN)], &Operation::Truncate(0));
}

#[test]
fn reverse() {
    enumerate_all(&[(3, PLAIN)], &Operation::Reverse);
}

#[test]
fn swap() {
    enumerate_all(&[(5, PLAIN)], &Operation::Swap(4, 1));
}

#[test]
fn rearrange() {
    enumerate_all(&[(3, CARRYING)], &Operation::Rearrange(vec![2, 0]));
}

#[test]
fn create_and_detach() {
    enumerate_all(&[(1, PLAIN)], &Operation::CreateAndDetach);
}

#[test]
fn detach_the_last_hold() {
    enumerate_all(&[(0, PLAIN), (3, CARRYING)], &Operation::Detach);
}
