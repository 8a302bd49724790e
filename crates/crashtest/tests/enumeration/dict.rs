//! Death at every store of every operation of a dict, and of every recovery from that.

use procession_crashtest::dict::{DictScenario, Operation, SMALL};
use procession_crashtest::enumerate::{Tally, enumerate};

/// More than fits into a page of small blocks.
const LARGE: usize = 40_000;
/// Entries for which the first table has room, beside the one that a successor removes.
const CAPACITY: usize = 7;

/// Entries that are put in, and the keys of those that are removed again.
type State = (Vec<(String, usize)>, Vec<String>);

/// Keys a, b, c, ... with small values.
fn entries(count: usize) -> Vec<(String, usize)> {
    (b'a'..)
        .take(count)
        .map(|key| (char::from(key).to_string(), SMALL))
        .collect()
}

fn keys(keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| (*key).to_owned()).collect()
}

fn enumerate_all(operation: &Operation, states: &[State]) {
    let mut tally = Tally::default();
    for (entries, removed) in states {
        tally += enumerate(&DictScenario {
            entries: entries.clone(),
            removed: removed.clone(),
            operation: operation.clone(),
        });
    }
    println!(
        "{operation:?}: {} deaths, {} deaths in recovery",
        tally.deaths, tally.deaths_in_recovery
    );
    assert!(tally.deaths > 0);
}

/// Empty; with a few entries; with some removed from the middle and from the end.
fn states() -> Vec<State> {
    let large = vec![("a".to_owned(), LARGE), ("b".to_owned(), SMALL)];
    vec![
        (entries(0), Vec::new()),
        (entries(3), Vec::new()),
        (entries(4), keys(&["b", "d"])),
        (large, Vec::new()),
    ]
}

#[test]
fn insert() {
    enumerate_all(&Operation::Insert("new", SMALL), &states());
}

#[test]
fn insert_a_large_value() {
    enumerate_all(
        &Operation::Insert("new", LARGE),
        &[(entries(1), Vec::new())],
    );
}

#[test]
fn replace() {
    enumerate_all(&Operation::Insert("a", SMALL), &states());
}

#[test]
fn insert_new() {
    enumerate_all(&Operation::InsertNew("a", SMALL), &states());
}

#[test]
fn compare_exchange() {
    enumerate_all(&Operation::CompareExchange("a", SMALL), &states());
}

#[test]
fn insert_when_the_table_is_full() {
    enumerate_all(
        &Operation::Insert("new", SMALL),
        &[(entries(CAPACITY), Vec::new())],
    );
}

#[test]
fn insert_when_removed_entries_fill_the_table() {
    enumerate_all(
        &Operation::Insert("new", SMALL),
        &[(entries(CAPACITY), keys(&["a", "c", "d", "e", "f"]))],
    );
}

#[test]
fn remove() {
    enumerate_all(&Operation::Remove("a"), &states());
    enumerate_all(&Operation::Remove("c"), &states());
}

#[test]
fn pop_item() {
    enumerate_all(&Operation::PopItem, &states());
}

#[test]
fn extend() {
    let items = vec![
        ("a", SMALL),
        ("x", SMALL),
        ("c", LARGE),
        ("y", SMALL),
        ("x", SMALL),
    ];
    enumerate_all(&Operation::Extend(items), &[(entries(3), Vec::new())]);
}

#[test]
fn extend_beyond_the_table() {
    let items = vec![("b", SMALL), ("x", SMALL), ("y", SMALL)];
    enumerate_all(
        &Operation::Extend(items),
        &[(entries(CAPACITY - 1), keys(&["a"]))],
    );
}

#[test]
fn extend_an_empty_dict() {
    enumerate_all(
        &Operation::Extend(vec![("x", SMALL), ("y", SMALL)]),
        &[(entries(0), Vec::new())],
    );
}

#[test]
fn clear() {
    enumerate_all(&Operation::Clear, &states());
}

#[test]
fn insert_a_handle() {
    enumerate_all(&Operation::InsertHandle, &[(entries(1), Vec::new())]);
}

#[test]
fn remove_a_handle() {
    enumerate_all(&Operation::RemoveHandle, &[(entries(1), Vec::new())]);
}

#[test]
fn read() {
    // No store, so nothing to die at.
    let scenario = DictScenario {
        entries: entries(3),
        removed: Vec::new(),
        operation: Operation::Read,
    };
    assert_eq!(enumerate(&scenario), Tally::default());
}

#[test]
fn create_and_detach() {
    enumerate_all(&Operation::CreateAndDetach, &[(entries(1), Vec::new())]);
}

#[test]
fn detach_the_last_hold() {
    enumerate_all(&Operation::Detach, &states());
}
