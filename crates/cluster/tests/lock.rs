//! Locks and reentrant locks on a server.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod members;
mod watchdog;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use members::{
    TestResult, connect_again, cut_off, process, server, server_with_alice, until,
    while_connections_are_killed,
};
use procession_arena::Wait;
use procession_cluster::lock::Lock;
use procession_cluster::reentrant_lock::ReentrantLock;
use procession_cluster::{ClusterError, SyncError};
use watchdog::watch;

fn soon(milliseconds: u64) -> Wait {
    Wait::Until(Instant::now() + Duration::from_millis(milliseconds))
}

/// Threads of several processes add to a number that only the lock guards; returns the fences, in the order of the holds.
fn contend(lock_of: impl Fn(usize) -> Lock + Sync, threads: usize, rounds: u64) -> Vec<u64> {
    let (number, fences) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for thread in 0..threads {
            let (number, fences, lock) = (&number, &fences, lock_of(thread));
            scope.spawn(move || {
                for _ in 0..rounds {
                    let taken = lock.acquire(Wait::Forever).expect("the lock");
                    assert_eq!(taken.abandoned_by, None);
                    let found = number.load(Ordering::Relaxed);
                    thread::yield_now();
                    number.store(found + 1, Ordering::Relaxed);
                    fences.lock().expect("no panic").push(taken.hold.fence());
                    assert_eq!(lock.release_hold(&taken.hold), Ok(true));
                }
            });
        }
    });
    assert_eq!(number.load(Ordering::Relaxed), threads as u64 * rounds);
    fences.into_inner().expect("no panic")
}

#[test]
fn one_holds_it_at_a_time_and_fences_rise() -> TestResult {
    let _watchdog = watch();
    let processes = ["a", "b"].map(|name| process(server(), name));
    let lock_of = |thread: usize| Lock::create(&processes[thread % 2], Some("contended"));
    let fences = contend(|thread| lock_of(thread).expect("a lock"), 4, 25);
    assert!(fences.is_sorted_by(|one, next| one < next), "{fences:?}");
    Ok(())
}

#[test]
fn no_hold_is_lost_with_a_connection() -> TestResult {
    let _watchdog = watch();
    let server = procession_test_server::Server::start()?;
    let processes = ["a", "b"].map(|name| process(&server, name));
    let locks = processes
        .each_ref()
        .map(|process| Lock::create(process, Some("shaky")));
    let [one, other] = locks;
    let (one, other) = (one?, other?);
    while_connections_are_killed(&server, || {
        let lock_of = |thread: usize| {
            if thread.is_multiple_of(2) {
                &one
            } else {
                &other
            }
            .clone()
        };
        contend(lock_of, 4, 25)
    });
    assert!(!one.is_locked()?);
    Ok(())
}

#[test]
fn it_is_held_and_free() -> TestResult {
    let _watchdog = watch();
    let lock = Lock::create(&process(server(), "a"), None)?;
    let other = Lock::attach(&process(server(), "b"), lock.object().name())?;
    assert_eq!(lock.holder()?, None);
    assert_eq!(lock.release(), Err(SyncError::NotHeld));
    let taken = lock.acquire(Wait::Never)?;
    assert_eq!(other.acquire(Wait::Never).err(), Some(SyncError::TimedOut));
    assert_eq!(lock.acquire(soon(5)).err(), Some(SyncError::TimedOut));
    let holder = other.holder()?.expect("a holder");
    assert_eq!(holder.owner.pid, std::process::id());
    assert!(!holder.owner.host.is_empty());
    assert!(other.is_locked()?);
    assert!(lock.release_hold(&taken.hold)?);
    assert!(!lock.release_hold(&taken.hold)?);
    assert!(!other.is_locked()?);
    Ok(())
}

#[test]
fn another_process_releases_it_and_the_holder_is_told() -> TestResult {
    let _watchdog = watch();
    let lock = Lock::create(&process(server(), "a"), None)?;
    let other = Lock::attach(&process(server(), "b"), lock.object().name())?;
    let former = lock.acquire(Wait::Forever)?.hold;
    other.release()?;
    let present = other.acquire(Wait::Never)?.hold;
    assert!(!lock.release_hold(&former)?);
    assert!(other.release_hold(&present)?);
    Ok(())
}

#[test]
fn a_holder_that_lives_keeps_it() -> TestResult {
    let _watchdog = watch();
    let lock = Lock::create(&process(server(), "a"), None)?;
    let other = Lock::attach(&process(server(), "b"), lock.object().name())?;
    let taken = lock.acquire(Wait::Forever)?;
    // Three leases.
    assert_eq!(other.acquire(soon(3000)).err(), Some(SyncError::TimedOut));
    assert!(!taken.hold.is_lost());
    assert!(lock.release_hold(&taken.hold)?);
    Ok(())
}

#[test]
fn whoever_comes_after_the_dead_is_told_once() -> TestResult {
    let _watchdog = watch();
    let lock = Lock::create(&process(server(), "a"), Some("abandoned"))?;
    let other = Lock::create(&process(server(), "b"), Some("abandoned"))?;
    lock.acquire(Wait::Forever)?;
    // Nobody is left to release it: as good as dead.
    drop(lock);
    let taken = other.acquire(Wait::Forever)?;
    let dead = taken.abandoned_by.expect("a notice");
    assert_eq!(dead.pid, std::process::id());
    assert!(other.release_hold(&taken.hold)?);
    assert_eq!(other.acquire(Wait::Forever)?.abandoned_by, None);
    Ok(())
}

#[test]
fn who_is_cut_off_knows_before_others_get_it() -> TestResult {
    let _watchdog = watch();
    let server = server_with_alice();
    let lock = Lock::create(&process(&server, "alice"), Some("cut off"))?;
    let other = Lock::create(&process(&server, "b"), Some("cut off"))?;
    let lost = lock.acquire(Wait::Forever)?.hold;
    assert!(!lost.is_lost());
    cut_off(&server);
    let taken = other.acquire(Wait::Forever)?;
    assert!(lost.is_lost());
    assert!(taken.abandoned_by.is_some());
    assert!(taken.hold.fence() > lost.fence());
    connect_again(&server);
    let late = lock.release_hold(&lost);
    assert!(
        matches!(late, Err(ClusterError::LeaseLost { .. })),
        "{late:?}"
    );
    assert!(other.release_hold(&taken.hold)?);
    Ok(())
}

#[test]
fn a_late_release_does_not_end_anothers_hold() -> TestResult {
    let _watchdog = watch();
    let server = server_with_alice();
    let lock = Lock::create(&process(&server, "alice"), Some("late"))?;
    let other = Lock::create(&process(&server, "b"), Some("late"))?;
    lock.acquire(Wait::Forever)?;
    cut_off(&server);
    other.acquire(Wait::Forever)?;
    connect_again(&server);
    let late = lock.release();
    assert!(
        matches!(
            late,
            Err(SyncError::Cluster(ClusterError::LeaseLost { .. }))
        ),
        "{late:?}"
    );
    assert!(other.is_locked()?);
    Ok(())
}

#[test]
fn a_server_that_was_away_gives_the_hold_back() -> TestResult {
    let _watchdog = watch();
    let server = procession_test_server::Server::start()?;
    let lock = Lock::create(&process(&server, "a"), None)?;
    let hold = lock.acquire(Wait::Forever)?.hold;
    server.pause()?;
    until("the lease is in doubt", || hold.is_lost());
    server.resume()?;
    until("the lease is renewed", || !hold.is_lost());
    assert!(lock.release_hold(&hold)?);
    Ok(())
}

#[test]
fn a_lock_that_was_unlinked_is_gone() -> TestResult {
    let _watchdog = watch();
    let lock = Lock::create(&process(server(), "a"), None)?;
    let hold = lock.acquire(Wait::Forever)?.hold;
    lock.object().unlink()?;
    until("the holder is told", || hold.is_lost());
    for outcome in [lock.is_locked().err(), lock.release_hold(&hold).err()] {
        assert!(matches!(outcome, Some(ClusterError::Gone { .. })));
    }
    Ok(())
}

#[test]
fn a_name_means_one_kind_of_lock() -> TestResult {
    let _watchdog = watch();
    let process = process(server(), "a");
    Lock::create(&process, Some("kind"))?;
    let other = ReentrantLock::create(&process, Some("kind"));
    assert!(
        matches!(other, Err(ClusterError::Mismatch { .. })),
        "{other:?}"
    );
    Ok(())
}

#[test]
fn a_thread_acquires_a_reentrant_lock_again() -> TestResult {
    let _watchdog = watch();
    let lock = ReentrantLock::create(&process(server(), "a"), None)?;
    let same = ReentrantLock::attach(&process(server(), "a"), lock.object().name())?;
    lock.acquire(Wait::Never)?;
    same.acquire(Wait::Never)?;
    assert_eq!(lock.depth(), 2);
    let elsewhere = |work: fn(&ReentrantLock) -> Option<SyncError>| {
        thread::scope(|scope| scope.spawn(|| work(&lock)).join().expect("no panic"))
    };
    assert_eq!(
        elsewhere(|lock| lock.acquire(Wait::Never).err()),
        Some(SyncError::TimedOut)
    );
    let refused = elsewhere(|lock| lock.release().err());
    let pid = std::process::id();
    assert!(matches!(refused, Some(SyncError::HeldByAnother { pid: found, .. }) if found == pid));
    lock.release()?;
    assert!(lock.is_locked()?);
    same.release()?;
    assert!(!lock.is_locked()?);
    assert_eq!(lock.release(), Err(SyncError::NotHeld));
    Ok(())
}

#[test]
fn a_thread_that_ends_abandons_its_reentrant_lock() -> TestResult {
    let _watchdog = watch();
    let lock = ReentrantLock::create(&process(server(), "a"), None)?;
    let taken = thread::scope(|scope| {
        let holder = scope.spawn(|| lock.acquire(Wait::Forever).map(|_| ()));
        holder.join().expect("no panic")?;
        lock.acquire(Wait::Forever)
    })?;
    assert!(taken.abandoned_by.is_some());
    lock.release()?;
    Ok(())
}

#[test]
fn a_reentrant_lock_that_is_lost_is_not_acquired_again() -> TestResult {
    let _watchdog = watch();
    let server = server_with_alice();
    let lock = ReentrantLock::create(&process(&server, "alice"), Some("lost"))?;
    let other = ReentrantLock::create(&process(&server, "b"), Some("lost"))?;
    lock.acquire(Wait::Forever)?;
    cut_off(&server);
    other.acquire(Wait::Forever)?;
    connect_again(&server);
    let lost = |outcome| {
        matches!(
            outcome,
            Err(SyncError::Cluster(ClusterError::LeaseLost { .. }))
        )
    };
    assert!(lost(lock.acquire(Wait::Never).map(drop)));
    assert_eq!(lock.depth(), 1);
    assert!(lost(lock.release()));
    assert_eq!(lock.depth(), 0);
    other.release()?;
    Ok(())
}
