//! Death at every store of every operation of a queue, and of every recovery from that.

use procession_crashtest::enumerate::{Tally, enumerate};
use procession_crashtest::queue::{Operation, QueueScenario};
use procession_objects::{OnLost, QueueConfig};

const SMALL: usize = 24;
/// More than fits into a record: goes into a block of its own.
const LARGE: usize = 17_000;
/// So many of these fill the first segment but for a few bytes.
const FILLS_SEGMENT: usize = 2_000;

const REDELIVER: OnLost = OnLost::Redeliver { max_deliveries: 3 };

/// What matters for whoever takes items: every policy, and when redelivery gives up.
const EVERY_POLICY: &[Option<OnLost>] = &[
    None,
    Some(OnLost::Report),
    Some(OnLost::Ignore),
    Some(OnLost::Redeliver { max_deliveries: 1 }),
    Some(REDELIVER),
];

/// What matters for whoever puts: whether anything is counted, and whether all goes into blocks.
const FOR_PUTTING: &[Option<OnLost>] = &[None, Some(OnLost::Report), Some(REDELIVER)];

/// Without and with a bound.
fn configurations(policies: &[Option<OnLost>]) -> Vec<QueueConfig> {
    let with = |maxsize| {
        policies.iter().map(move |joinable| QueueConfig {
            maxsize,
            joinable: *joinable,
        })
    };
    with(None).chain(with(Some(4))).collect()
}

/// Runs the operation on each kind of queue, with each of the given items in it.
fn enumerate_all(
    operation: &Operation,
    policies: &[Option<OnLost>],
    fillings: &[&[usize]],
    held: usize,
) {
    let mut tally = Tally::default();
    for config in configurations(policies) {
        for items in fillings.iter().filter(|items| items.len() >= held) {
            if config.maxsize.is_some_and(|most| items.len() as u64 > most) {
                continue;
            }
            let (items, operation) = (items.to_vec(), operation.clone());
            tally += enumerate(&QueueScenario {
                config,
                items,
                held,
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

const FILLINGS: &[&[usize]] = &[
    &[],
    &[SMALL],
    &[SMALL, LARGE],
    &[LARGE, SMALL, SMALL],
    &[FILLS_SEGMENT, FILLS_SEGMENT],
    &[SMALL, SMALL, SMALL, SMALL],
];

#[test]
fn put_small() {
    enumerate_all(&Operation::Put(SMALL), FOR_PUTTING, FILLINGS, 0);
}

#[test]
fn put_large() {
    enumerate_all(&Operation::Put(LARGE), FOR_PUTTING, FILLINGS, 0);
}

#[test]
fn put_into_the_next_segment() {
    enumerate_all(
        &Operation::Put(FILLS_SEGMENT),
        FOR_PUTTING,
        &[&[FILLS_SEGMENT, FILLS_SEGMENT]],
        0,
    );
}

#[test]
fn put_many() {
    let sizes = vec![SMALL, FILLS_SEGMENT, FILLS_SEGMENT, LARGE];
    enumerate_all(&Operation::PutMany(sizes), FOR_PUTTING, &[&[]], 0);
}

#[test]
fn get() {
    enumerate_all(&Operation::Get, EVERY_POLICY, FILLINGS, 0);
}

#[test]
fn get_the_first_of_the_next_segment() {
    enumerate_all(
        &Operation::Get,
        EVERY_POLICY,
        &[&[FILLS_SEGMENT, FILLS_SEGMENT, FILLS_SEGMENT]],
        2,
    );
}

#[test]
fn get_many() {
    let across = &[SMALL, FILLS_SEGMENT, FILLS_SEGMENT, LARGE];
    enumerate_all(
        &Operation::GetMany(4),
        EVERY_POLICY,
        &[&[SMALL, SMALL, SMALL], across],
        0,
    );
}

#[test]
fn get_while_holding() {
    enumerate_all(&Operation::Get, EVERY_POLICY, &[&[SMALL, LARGE, SMALL]], 2);
}

#[test]
fn task_done() {
    for held in 0..3 {
        enumerate_all(
            &Operation::TaskDone,
            EVERY_POLICY,
            &[&[SMALL, LARGE, SMALL]],
            held,
        );
    }
}

#[test]
fn close() {
    enumerate_all(&Operation::Close, FOR_PUTTING, &[&[], &[SMALL, LARGE]], 0);
}

#[test]
fn create_and_detach() {
    enumerate_all(
        &Operation::CreateAndDetach,
        &[None, Some(REDELIVER)],
        &[&[SMALL]],
        0,
    );
}

#[test]
fn detach_the_last_hold() {
    enumerate_all(
        &Operation::Detach,
        EVERY_POLICY,
        &[&[], &[SMALL, LARGE, FILLS_SEGMENT, FILLS_SEGMENT]],
        1,
    );
}
