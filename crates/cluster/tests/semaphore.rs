//! Semaphores on a server.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod members;
mod watchdog;

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use members::{
    TestResult, connect_again, cut_off, process, server, server_with_alice,
    while_connections_are_killed,
};
use procession_arena::Wait;
use procession_cluster::semaphore::Semaphore;
use procession_cluster::{Cluster, ClusterError, SyncError};
use procession_objects::PermitRule;
use watchdog::watch;

/// Threads of both processes enter and leave.
fn crowd(one: &Semaphore, other: &Semaphore, permits: u32) {
    let inside = AtomicU32::new(0);
    thread::scope(|scope| {
        for semaphore in [one, other, one, other] {
            let inside = &inside;
            scope.spawn(move || {
                for _ in 0..15 {
                    let permit = semaphore.acquire(Wait::Forever).expect("a permit");
                    assert!(inside.fetch_add(1, Ordering::Relaxed) < permits);
                    thread::yield_now();
                    inside.fetch_sub(1, Ordering::Relaxed);
                    assert_eq!(semaphore.release_permit(&permit), Ok(()));
                }
            });
        }
    });
    assert_eq!(one.value(), Ok(permits));
}

fn pair(one: &Cluster, other: &Cluster, rule: PermitRule) -> Result<[Semaphore; 2], ClusterError> {
    let semaphore = Semaphore::create(one, None, 2, rule)?;
    let same = Semaphore::attach(other, semaphore.object().name())?;
    assert_eq!((same.initial(), same.rule()), (2, rule));
    Ok([semaphore, same])
}

#[test]
fn so_many_are_inside_at_a_time() -> TestResult {
    let _watchdog = watch();
    let (a, b) = (process(server(), "a"), process(server(), "b"));
    let [one, other] = pair(&a, &b, PermitRule::Plain)?;
    crowd(&one, &other, 2);
    Ok(())
}

#[test]
fn no_permit_is_lost_with_a_connection() -> TestResult {
    let _watchdog = watch();
    let server = procession_test_server::Server::start()?;
    let (a, b) = (process(&server, "a"), process(&server, "b"));
    let [one, other] = pair(&a, &b, PermitRule::Bounded)?;
    while_connections_are_killed(&server, || crowd(&one, &other, 2));
    Ok(())
}

#[test]
fn a_release_means_own_permits_or_those_of_others_or_new_ones() -> TestResult {
    let _watchdog = watch();
    let (a, b) = (process(server(), "a"), process(server(), "b"));
    let [one, other] = pair(&a, &b, PermitRule::Plain)?;
    one.acquire_loose(Wait::Never)?;
    one.acquire_loose(Wait::Never)?;
    assert_eq!(one.acquire(Wait::Never).err(), Some(SyncError::TimedOut));
    one.release(1)?;
    other.release(1)?;
    assert_eq!(one.value()?, 2);
    other.release(3)?;
    assert_eq!(one.value()?, 5);
    assert_eq!(one.release(u32::MAX), Err(SyncError::TooManyPermits));
    Ok(())
}

#[test]
fn a_release_too_many_is_told_to_whoever_makes_it() -> TestResult {
    let _watchdog = watch();
    let (a, b) = (process(server(), "a"), process(server(), "b"));
    let [one, other] = pair(&a, &b, PermitRule::Bounded)?;
    let permit = one.acquire(Wait::Never)?;
    assert_eq!(
        other.release(1),
        Err(SyncError::ReleasedTooOften { bound: 2 })
    );
    one.forget(&permit)?;
    other.release(1)?;
    assert_eq!(one.value()?, 2);
    Ok(())
}

#[test]
fn attributed_permits_are_released_by_whoever_has_them() -> TestResult {
    let _watchdog = watch();
    let (a, b) = (process(server(), "a"), process(server(), "b"));
    let [one, other] = pair(&a, &b, PermitRule::Attributed)?;
    one.acquire_loose(Wait::Never)?;
    assert_eq!(other.release(1), Err(SyncError::NotHeld));
    assert_eq!(one.release(2), Err(SyncError::NotHeld));
    one.release(1)?;
    assert_eq!(one.value()?, 2);
    Ok(())
}

#[test]
fn the_permits_of_the_living_stay_and_those_of_the_dead_come_back() -> TestResult {
    let _watchdog = watch();
    let (a, b) = (process(server(), "a"), process(server(), "b"));
    let [one, other] = pair(&a, &b, PermitRule::Plain)?;
    one.acquire(Wait::Never)?;
    let permit = other.acquire(Wait::Never)?;
    let three_leases = Wait::Until(Instant::now() + Duration::from_secs(3));
    assert_eq!(other.acquire(three_leases).err(), Some(SyncError::TimedOut));
    drop(one);
    other.acquire(Wait::Forever)?;
    other.release_permit(&permit)?;
    Ok(())
}

#[test]
fn who_is_cut_off_is_told() -> TestResult {
    let _watchdog = watch();
    let server = server_with_alice();
    let (alice, b) = (process(&server, "alice"), process(&server, "b"));
    let one = Semaphore::create(&alice, Some("cut off"), 1, PermitRule::Bounded)?;
    let other = Semaphore::create(&b, Some("cut off"), 1, PermitRule::Bounded)?;
    let lost = one.acquire(Wait::Never)?;
    cut_off(&server);
    other.acquire(Wait::Forever)?;
    assert!(lost.is_lost());
    connect_again(&server);
    let late = one.release_permit(&lost);
    assert!(
        matches!(late, Err(ClusterError::LeaseLost { .. })),
        "{late:?}"
    );
    assert_eq!(other.value()?, 0);
    Ok(())
}

#[test]
fn a_name_means_one_number_of_permits() -> TestResult {
    let _watchdog = watch();
    let process = process(server(), "a");
    Semaphore::create(&process, Some("two"), 2, PermitRule::Plain)?;
    let other = Semaphore::create(&process, Some("two"), 3, PermitRule::Plain);
    let Err(ClusterError::Mismatch {
        setting,
        theirs,
        ours,
        ..
    }) = other
    else {
        panic!("{other:?}");
    };
    assert_eq!(
        (setting.as_str(), theirs.as_str(), ours.as_str()),
        ("permits", "2", "3")
    );
    Ok(())
}
