//! Barriers on a server.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod members;
mod watchdog;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use members::{TestResult, process, server, until, while_connections_are_killed};
use procession_arena::Wait;
use procession_cluster::barrier::{Barrier, GivenUp, Turn};
use procession_cluster::{Cluster, ClusterError, SyncError};
use watchdog::watch;

fn soon() -> Wait {
    Wait::Until(Instant::now() + Duration::from_millis(5))
}

/// Threads go through it together, again and again.
fn go_round(processes: [&Cluster; 2], rounds: u32) -> TestResult {
    let barrier = Barrier::create(processes[0], None, 3)?;
    let arrived = AtomicU32::new(0);
    let go = |process: &Cluster| -> Result<Vec<u16>, SyncError> {
        let barrier = Barrier::attach(process, barrier.object().name())?;
        let mut indices = Vec::new();
        for round in 1..=rounds {
            arrived.fetch_add(1, Ordering::Relaxed);
            indices.push(barrier.wait(Wait::Forever)?);
            assert!(arrived.load(Ordering::Relaxed) >= 3 * round, "too early");
        }
        Ok(indices)
    };
    let indices = thread::scope(|scope| {
        let threads = [0, 1, 0].map(|which: usize| {
            let (go, process) = (&go, processes[which]);
            scope.spawn(move || go(process))
        });
        threads.map(|thread| thread.join().expect("no panic"))
    });
    let indices: Vec<_> = indices.into_iter().collect::<Result<_, _>>()?;
    for round in 0..rounds as usize {
        let all: BTreeSet<u16> = indices.iter().map(|of| of[round]).collect();
        assert_eq!(all, BTreeSet::from([0, 1, 2]));
    }
    Ok(())
}

#[test]
fn all_go_on_together() -> TestResult {
    let _watchdog = watch();
    go_round([&process(server(), "a"), &process(server(), "b")], 10)
}

#[test]
fn nobody_comes_twice_with_a_connection() -> TestResult {
    let _watchdog = watch();
    let server = procession_test_server::Server::start()?;
    let (a, b) = (process(&server, "a"), process(&server, "b"));
    while_connections_are_killed(&server, || go_round([&a, &b], 10))
}

#[test]
fn a_wait_without_time_takes_no_part() -> TestResult {
    let _watchdog = watch();
    let barrier = Barrier::create(&process(server(), "a"), None, 2)?;
    assert_eq!(barrier.wait(Wait::Never), Err(SyncError::TimedOut));
    assert!(!barrier.is_broken()?);
    let mut other = barrier.arrival(false)?;
    assert!(other.wait(soon())?.is_none());
    assert_eq!(barrier.n_waiting()?, 1);
    assert_eq!(barrier.wait(Wait::Never)?, 1);
    let turn = other.wait(Wait::Never)?;
    assert!(matches!(turn, Some(Turn::Through { index: 0 })), "{turn:?}");
    Ok(())
}

#[test]
fn who_waits_in_vain_breaks_it_until_it_is_reset() -> TestResult {
    let _watchdog = watch();
    let barrier = Barrier::create(&process(server(), "a"), None, 3)?;
    let mut other = barrier.arrival(false)?;
    assert!(other.wait(soon())?.is_none());
    assert_eq!(barrier.wait(soon()), Err(SyncError::TimedOut));
    assert_eq!(
        other.wait(Wait::Forever).err(),
        Some(SyncError::BrokenBarrier)
    );
    assert_eq!(barrier.wait(Wait::Forever), Err(SyncError::BrokenBarrier));
    assert!(barrier.is_broken()?);
    barrier.reset()?;
    assert!(!barrier.is_broken()?);
    Ok(())
}

#[test]
fn who_gives_up_too_late_goes_on() -> TestResult {
    let _watchdog = watch();
    let barrier = Barrier::create(&process(server(), "a"), None, 2)?;
    let mut other = barrier.arrival(false)?;
    assert!(other.wait(soon())?.is_none());
    barrier.wait(Wait::Never)?;
    assert_eq!(other.give_up()?, GivenUp::Through { index: 0 });
    assert!(!barrier.is_broken()?);
    Ok(())
}

#[test]
fn the_last_one_acts_first() -> TestResult {
    let _watchdog = watch();
    let barrier = Barrier::create(&process(server(), "a"), None, 2)?;
    let mut first = barrier.arrival(true)?;
    assert!(first.wait(soon())?.is_none());
    let Turn::Last(turn) = barrier.arrive(Wait::Forever)? else {
        panic!("it was the last");
    };
    // More than a lease.
    let long = Wait::Until(Instant::now() + Duration::from_secs(2));
    assert!(first.wait(long)?.is_none());
    turn.release()?;
    let through = first.wait(Wait::Forever)?;
    assert!(
        matches!(through, Some(Turn::Through { index: 0 })),
        "{through:?}"
    );
    Ok(())
}

#[test]
fn whoever_comes_while_another_acts_is_of_the_next_phase() -> TestResult {
    let _watchdog = watch();
    let barrier = Barrier::create(&process(server(), "a"), None, 1)?;
    let Turn::Last(turn) = barrier.arrive(Wait::Forever)? else {
        panic!("it was the last");
    };
    let mut next = barrier.arrival(false)?;
    assert!(next.wait(soon())?.is_none());
    turn.release()?;
    assert!(next.wait(Wait::Forever)?.is_some());
    Ok(())
}

#[test]
fn abort_sends_all_away() -> TestResult {
    let _watchdog = watch();
    let barrier = Barrier::create(&process(server(), "a"), None, 2)?;
    thread::scope(|scope| {
        let waiter = scope.spawn(|| barrier.wait(Wait::Forever));
        until("it waits", || barrier.n_waiting() == Ok(1));
        barrier.abort()?;
        assert_eq!(
            waiter.join().expect("no panic"),
            Err(SyncError::BrokenBarrier)
        );
        Ok(())
    })
}

#[test]
fn the_death_of_a_waiter_or_of_who_acts_is_told() -> TestResult {
    let _watchdog = watch();
    let barrier = Barrier::create(&process(server(), "a"), None, 3)?;
    let mut dead = barrier.arrival(false)?;
    assert!(dead.wait(soon())?.is_none());
    drop(dead);
    assert_eq!(barrier.wait(Wait::Forever), Err(SyncError::BrokenBarrier));
    let barrier = Barrier::create(&process(server(), "a"), None, 2)?;
    let mut first = barrier.arrival(false)?;
    assert!(first.wait(soon())?.is_none());
    drop(barrier.arrive(Wait::Forever)?);
    assert_eq!(
        first.wait(Wait::Forever).err(),
        Some(SyncError::BrokenBarrier)
    );
    Ok(())
}

#[test]
fn one_that_is_gone_says_so() -> TestResult {
    let _watchdog = watch();
    let barrier = Barrier::create(&process(server(), "a"), None, 2)?;
    barrier.object().unlink()?;
    let gone = barrier.wait(Wait::Forever);
    assert!(
        matches!(gone, Err(SyncError::Cluster(ClusterError::Gone { .. }))),
        "{gone:?}"
    );
    Ok(())
}
