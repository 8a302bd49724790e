//! Conditions on a server.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod members;
mod watchdog;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use members::{TestResult, process, server, until, while_connections_are_killed};
use procession_arena::Wait;
use procession_cluster::condition::{Condition, Guarded};
use procession_cluster::lock::Lock;
use procession_cluster::reentrant_lock::ReentrantLock;
use procession_cluster::{Cluster, ClusterError, SyncError};
use watchdog::watch;

fn with_lock(process: &Cluster) -> Result<(Lock, Condition), ClusterError> {
    let lock = Lock::create(process, None)?;
    let condition = Condition::create(process, None, &Guarded::Lock(lock.clone()))?;
    Ok((lock, condition))
}

fn soon() -> Wait {
    Wait::Until(Instant::now() + Duration::from_millis(5))
}

#[test]
fn a_wait_gives_the_lock_up_and_returns_with_it() -> TestResult {
    let _watchdog = watch();
    let (lock, condition) = with_lock(&process(server(), "a"))?;
    lock.acquire(Wait::Forever)?;
    let mut waiting = condition.enter()?;
    assert!(!lock.is_locked()?);
    assert!(!waiting.wait(soon())?);
    assert_eq!(condition.notify(1)?, 1);
    assert!(waiting.wait(Wait::Never)?);
    let waited = waiting.finish()?;
    assert!(waited.notified);
    assert!(lock.release_hold(&waited.taken.hold)?);
    assert_eq!(condition.notify(1)?, 0);
    Ok(())
}

#[test]
fn a_wait_without_a_notification_ends_with_its_time() -> TestResult {
    let _watchdog = watch();
    let (lock, condition) = with_lock(&process(server(), "a"))?;
    lock.acquire(Wait::Forever)?;
    let waited = condition.wait(soon())?;
    assert!(!waited.notified);
    assert_eq!(condition.notify_all()?, 0, "it has left the line");
    assert!(lock.release_hold(&waited.taken.hold)?);
    Ok(())
}

#[test]
fn who_does_not_hold_the_lock_cannot_wait() -> TestResult {
    let _watchdog = watch();
    let (lock, condition) = with_lock(&process(server(), "a"))?;
    assert_eq!(condition.wait(Wait::Never).err(), Some(SyncError::NotHeld));
    let other = Lock::attach(&process(server(), "b"), lock.object().name())?;
    other.acquire(Wait::Forever)?;
    let refused = condition.wait(Wait::Never).err();
    assert!(
        matches!(refused, Some(SyncError::HeldByAnother { .. })),
        "{refused:?}"
    );
    assert_eq!(condition.notify_all()?, 0);
    Ok(())
}

#[test]
fn a_reentrant_lock_is_held_as_often_as_before() -> TestResult {
    let _watchdog = watch();
    let process = process(server(), "a");
    let lock = ReentrantLock::create(&process, None)?;
    let condition = Condition::create(&process, None, &Guarded::Reentrant(lock.clone()))?;
    let same = Condition::attach(&process, condition.object().name())?;
    lock.acquire(Wait::Forever)?;
    lock.acquire(Wait::Forever)?;
    let mut waiting = same.enter()?;
    assert_eq!(lock.depth(), 0);
    condition.notify_all()?;
    assert!(waiting.wait(Wait::Forever)?);
    waiting.finish()?;
    assert_eq!(lock.depth(), 2);
    lock.release()?;
    lock.release()?;
    Ok(())
}

#[test]
fn waiters_are_notified_one_after_the_other_or_all_at_once() -> TestResult {
    let _watchdog = watch();
    let processes = ["a", "b"].map(|name| process(server(), name));
    let (_, condition) = with_lock(&processes[0])?;
    let back = AtomicUsize::new(0);
    let wait = |process: &Cluster| -> Result<(), SyncError> {
        let condition = Condition::attach(process, condition.object().name())?;
        let Guarded::Lock(lock) = condition.guarded() else {
            unreachable!("it was made with a lock");
        };
        lock.acquire(Wait::Forever)?;
        let waited = condition.wait(Wait::Forever)?;
        assert!(waited.notified);
        back.fetch_add(1, Ordering::Relaxed);
        assert!(lock.release_hold(&waited.taken.hold)?);
        Ok(())
    };
    // More than there are lanes.
    let key = format!("pc:default:{{c:{}}}:o", condition.object().name());
    let in_line = || {
        server()
            .command(&["ZCARD", &key])
            .ok()
            .and_then(|reply| reply.text())
    };
    thread::scope(|scope| -> TestResult {
        let waiters: Vec<_> = (0..20)
            .map(|number| {
                scope.spawn({
                    let (wait, processes) = (&wait, &processes);
                    move || wait(&processes[number % 2])
                })
            })
            .collect();
        until("all wait", || in_line().as_deref() == Some("20"));
        assert_eq!(condition.notify(3)?, 3);
        until("three are back", || back.load(Ordering::Relaxed) == 3);
        assert_eq!(condition.notify_all()?, 17);
        for waiter in waiters {
            waiter.join().expect("no panic")?;
        }
        Ok(())
    })
}

#[test]
fn the_notification_of_one_that_died_is_passed_on() -> TestResult {
    let _watchdog = watch();
    let (lock, condition) = with_lock(&process(server(), "a"))?;
    lock.acquire(Wait::Forever)?;
    let dead = condition.enter()?;
    lock.acquire(Wait::Forever)?;
    let mut living = condition.enter()?;
    assert_eq!(condition.notify(1)?, 1);
    assert!(!living.wait(Wait::Never)?);
    drop(dead);
    assert!(living.wait(Wait::Forever)?);
    let taken = living.finish()?.taken;
    assert!(lock.release_hold(&taken.hold)?);
    Ok(())
}

#[test]
fn nothing_is_lost_with_a_connection() -> TestResult {
    let _watchdog = watch();
    let server = procession_test_server::Server::start()?;
    let (lock, condition) = with_lock(&process(&server, "a"))?;
    let turn = AtomicUsize::new(0);
    // Two who wait for each other's turn.
    let play = |me: usize| -> Result<(), SyncError> {
        for round in 0..10 {
            let mut hold = lock.acquire(Wait::Forever)?.hold;
            while turn.load(Ordering::Relaxed) != 2 * round + me {
                hold = condition.wait(Wait::Forever)?.taken.hold;
            }
            turn.fetch_add(1, Ordering::Relaxed);
            condition.notify_all()?;
            assert!(lock.release_hold(&hold)?);
        }
        Ok(())
    };
    while_connections_are_killed(&server, || {
        thread::scope(|scope| {
            let players = [0, 1].map(|me| {
                scope.spawn({
                    let play = &play;
                    move || play(me)
                })
            });
            players.map(|player| player.join().expect("no panic"))
        })
    })
    .into_iter()
    .collect::<Result<(), _>>()?;
    Ok(())
}
