//! Conditions among threads, some of which are killed.

mod session;

use std::error::Error as StdError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use procession_arena::{Error, Participant, Result, Wait};
use procession_objects::{Barrier, Condition, Lock, ReentrantLock, Waited};
use session::Session;

type Outcome = std::result::Result<(), Box<dyn StdError>>;

/// Long enough that no test sees its end, if all is well.
fn long() -> Wait {
    Wait::Until(Instant::now() + Duration::from_secs(60))
}

/// Returns when it is so; fails if it does not become so.
fn wait_until(mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let end = Instant::now() + Duration::from_secs(60);
    while !is_so()? {
        if Instant::now() > end {
            return Err(Error::TimedOut);
        }
        thread::yield_now();
    }
    Ok(())
}

fn wait_for_sleepers(me: &Participant, count: usize) -> Result<()> {
    wait_until(|| Ok(me.arena().sleeping_threads()? == count))
}

fn assert_nothing_is_left(me: &Participant) -> Result<()> {
    me.reap_dead()?;
    let left = me.verify()?;
    assert_eq!((left.blocks, left.objects), (0, 0));
    assert_eq!(me.arena().rescued_wakes()?, 0);
    Ok(())
}

fn joined<T>(thread: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    thread.join().unwrap_or(Err(Error::Closed))
}

/// A condition that goes with a lock, and the lock.
fn condition_and_lock(me: &Participant) -> Result<(Condition, Lock)> {
    let lock = Lock::create(me)?;
    Ok((Condition::create(me, &lock)?, lock))
}

/// Starts threads that wait, one after the other, and add their numbers to `woken` as they return.
fn start_waiters<'scope>(
    scope: &'scope Scope<'scope, '_>,
    session: &'scope Session,
    me: &Participant,
    condition: &'scope Condition,
    woken: &'scope AtomicU64,
    numbers: std::ops::Range<u64>,
) -> Result<Vec<ScopedJoinHandle<'scope, Result<bool>>>> {
    let mut waiters = Vec::new();
    let asleep = me.arena().sleeping_threads()?;
    for number in numbers {
        waiters.push(scope.spawn(move || {
            let me = session.thread()?;
            let lock = condition.lock().ok_or(Error::Closed)?;
            lock.acquire(&me, long())?;
            let waited = condition.wait(&me, long())?;
            assert_eq!(waited.taken.abandoned_by, None);
            woken.fetch_or(1 << number, Ordering::SeqCst);
            lock.release(&me)?;
            Ok(waited.notified)
        }));
        wait_for_sleepers(me, asleep + waiters.len())?;
    }
    Ok(waiters)
}

#[test]
fn those_who_wait_are_counted_until_they_are_notified() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let (condition, lock) = condition_and_lock(&me)?;
    assert_eq!(condition.waiting(&me)?, 0);
    let woken = AtomicU64::new(0);
    thread::scope(|scope| -> Outcome {
        let waiters = start_waiters(scope, &session, &me, &condition, &woken, 0..3)?;
        assert_eq!(condition.waiting(&me)?, 3);
        lock.acquire(&me, long())?;
        condition.notify(&me, 2)?;
        assert_eq!(condition.waiting(&me)?, 1);
        condition.notify_all(&me)?;
        assert_eq!(condition.waiting(&me)?, 0);
        lock.release(&me)?;
        for waiter in waiters {
            assert!(joined(waiter)?);
        }
        Ok(())
    })
}

#[test]
fn exactly_as_many_return_as_were_notified_in_their_order() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let (condition, lock) = condition_and_lock(&me)?;
    assert_eq!(condition.notify_all(&me)?, 0);
    let woken = AtomicU64::new(0);
    thread::scope(|scope| -> Result<()> {
        let waiters = start_waiters(scope, &session, &me, &condition, &woken, 0..24)?;
        let mut returned = 0;
        for count in [1, 0, 3, 2, 17] {
            assert_eq!(condition.notify(&me, count)?, count);
            returned += count;
            let expected = (1 << returned) - 1;
            wait_until(|| Ok(woken.load(Ordering::SeqCst) == expected))?;
            wait_for_sleepers(&me, 24 - returned)?;
            assert_eq!(woken.load(Ordering::SeqCst), expected);
        }
        assert_eq!(condition.notify(&me, 100)?, 1);
        assert_eq!(condition.notify(&me, 100)?, 0);
        for waiter in waiters {
            assert!(joined(waiter)?);
        }
        Ok(())
    })?;
    condition.detach(&me)?;
    lock.detach(&me)?;
    Ok(assert_nothing_is_left(&me)?)
}

#[test]
fn no_notification_is_lost() -> Outcome {
    const ROUNDS: u64 = 5_000;
    let session = Session::new()?;
    let me = session.thread()?;
    let (condition, lock) = condition_and_lock(&me)?;
    let turn = AtomicU64::new(0);
    // Each waits until it is its turn, and gives it to the next; a lost notification is a hang.
    thread::scope(|scope| -> Result<()> {
        let threads: Vec<_> = (0..3)
            .map(|own| {
                let (session, condition, lock, turn) = (&session, &condition, &lock, &turn);
                scope.spawn(move || -> Result<()> {
                    let me = session.thread()?;
                    for _ in 0..ROUNDS {
                        lock.acquire(&me, long())?;
                        while turn.load(Ordering::Relaxed) % 3 != own {
                            let Waited { notified, .. } = condition.wait(&me, long())?;
                            assert!(notified);
                        }
                        turn.fetch_add(1, Ordering::Relaxed);
                        condition.notify_all(&me)?;
                        lock.release(&me)?;
                    }
                    Ok(())
                })
            })
            .collect();
        threads.into_iter().try_for_each(joined)
    })?;
    assert_eq!(turn.into_inner(), 3 * ROUNDS);
    condition.detach(&me)?;
    lock.detach(&me)?;
    Ok(assert_nothing_is_left(&me)?)
}

#[test]
fn whoever_gives_up_waiting_holds_the_lock_and_is_not_in_line() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let (condition, lock) = condition_and_lock(&me)?;
    lock.acquire(&me, Wait::Never)?;
    for wait in [
        Wait::Never,
        Wait::Until(Instant::now()),
        Wait::Until(Instant::now() + Duration::from_millis(2)),
    ] {
        assert!(!condition.wait(&me, wait)?.notified);
        assert!(lock.is_locked(&me)?);
        assert_eq!(condition.notify_all(&me)?, 0);
    }
    let waiting = condition.enter(&me)?;
    let other = session.thread()?;
    assert_eq!(condition.notify(&other, 1)?, 1);
    let waited = condition.finish(&me, waiting, Wait::Never)?;
    assert!(waited.notified, "the notification came in time");
    lock.release(&me)?;
    condition.detach(&me)?;
    lock.detach(&me)?;
    Ok(assert_nothing_is_left(&me)?)
}

#[test]
fn waiting_needs_the_lock() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let (other, stranger) = (session.thread()?, session.thread_of_another_process()?);
    let (condition, lock) = condition_and_lock(&me)?;
    let refused = |condition: &Condition, me| condition.wait(me, Wait::Never).map(drop);
    assert!(matches!(refused(&condition, &me), Err(Error::NotHeld)));
    lock.acquire(&me, Wait::Never)?;
    assert!(
        refused(&condition, &other).is_ok(),
        "a thread of its process"
    );
    assert!(matches!(
        refused(&condition, &stranger),
        Err(Error::HeldByAnother { .. })
    ));
    lock.release(&me)?;

    let reentrant = ReentrantLock::create(&me)?;
    let with_reentrant = Condition::create_for_reentrant(&me, &reentrant)?;
    assert!(matches!(refused(&with_reentrant, &me), Err(Error::NotHeld)));
    reentrant.acquire(&me, Wait::Never)?;
    assert!(matches!(
        refused(&with_reentrant, &other),
        Err(Error::HeldByAnother { .. })
    ));
    reentrant.release(&me)?;
    for (condition, lock) in [
        (condition, lock.handle()),
        (with_reentrant, reentrant.handle()),
    ] {
        assert_eq!(condition.lock_handle(), lock);
        condition.detach(&me)?;
        me.detach(lock)?;
    }
    Ok(assert_nothing_is_left(&me)?)
}

#[test]
fn a_reentrant_lock_is_given_up_wholly_and_held_as_often_again() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let lock = ReentrantLock::create(&me)?;
    let condition = Condition::create_for_reentrant(&me, &lock)?;
    thread::scope(|scope| -> Result<()> {
        let waiter = scope.spawn(|| {
            let me = session.thread()?;
            for _ in 0..3 {
                lock.acquire(&me, long())?;
            }
            let notified = condition.wait(&me, long())?.notified;
            let depth = lock.depth(&me)?;
            for _ in 0..3 {
                lock.release(&me)?;
            }
            Ok((notified, depth))
        });
        wait_for_sleepers(&me, 1)?;
        lock.acquire(&me, Wait::Never)?;
        assert_eq!(condition.notify(&me, 1)?, 1);
        // It sleeps again, until it gets the lock.
        wait_for_sleepers(&me, 1)?;
        lock.release(&me)?;
        assert_eq!(joined(waiter)?, (true, 3));
        Ok(())
    })?;
    lock.detach(&me)?;
    assert!(
        !condition
            .reentrant_lock()
            .ok_or("no lock")?
            .is_locked(&me)?
    );
    condition.detach(&me)?;
    Ok(assert_nothing_is_left(&me)?)
}

#[test]
fn the_condition_keeps_its_lock() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let other = session.thread_of_another_process()?;
    let (condition, lock) = condition_and_lock(&me)?;
    lock.detach(&me)?;
    let attached = Condition::attach(&other, condition.handle())?;
    condition.detach(&me)?;
    let lock = attached.lock().ok_or("no lock")?;
    lock.acquire(&other, Wait::Never)?;
    lock.release(&other)?;
    assert_eq!(me.verify()?.objects, 2);
    attached.detach(&other)?;
    Ok(assert_nothing_is_left(&me)?)
}

/// Stands in line in a process of its own, and is killed there after `meanwhile`.
fn wait_and_be_killed(
    session: &Session,
    condition: &Condition,
    meanwhile: impl FnOnce() -> Result<()> + Send,
) -> Result<()> {
    thread::scope(|scope| {
        joined(scope.spawn(|| {
            let me = session.thread_of_another_process()?;
            let condition = Condition::attach(&me, condition.handle())?;
            condition
                .lock()
                .ok_or(Error::Closed)?
                .acquire(&me, long())?;
            let _waiting = condition.enter(&me)?;
            meanwhile()?;
            me.disown();
            Ok(())
        }))
    })
}

#[test]
fn a_killed_waiter_takes_no_notification_along() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let (condition, lock) = condition_and_lock(&me)?;
    let woken = AtomicU64::new(0);
    for reap in [false, true] {
        woken.store(0, Ordering::SeqCst);
        thread::scope(|scope| -> Result<()> {
            wait_and_be_killed(&session, &condition, || Ok(()))?;
            let waiters = start_waiters(scope, &session, &me, &condition, &woken, 0..3)?;
            if reap {
                me.reap_dead()?;
            }
            assert_eq!(condition.notify(&me, 1)?, 1);
            wait_until(|| Ok(woken.load(Ordering::SeqCst) != 0))?;
            me.reap_dead()?;
            wait_for_sleepers(&me, 2)?;
            assert_eq!(woken.load(Ordering::SeqCst), 1);
            assert_eq!(condition.notify_all(&me)?, 2);
            waiters.into_iter().try_for_each(|waiter| {
                assert!(joined(waiter)?);
                Ok(())
            })
        })?;
    }
    condition.detach(&me)?;
    lock.detach(&me)?;
    Ok(assert_nothing_is_left(&me)?)
}

#[test]
fn a_notification_of_a_killed_waiter_goes_to_another_one() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let (condition, lock) = condition_and_lock(&me)?;
    let woken = AtomicU64::new(0);
    for by_notifying in [false, true] {
        woken.store(0, Ordering::SeqCst);
        thread::scope(|scope| -> Result<()> {
            let mut waiters = Vec::new();
            wait_and_be_killed(&session, &condition, || {
                let me = session.thread()?;
                waiters = start_waiters(scope, &session, &me, &condition, &woken, 0..3)?;
                assert_eq!(condition.notify(&me, 1)?, 1);
                Ok(())
            })?;
            let mut expected = 1;
            match by_notifying {
                // Whoever takes care of the line finds the dead in it.
                true => {
                    assert_eq!(condition.notify(&me, 1)?, 1);
                    expected = 3;
                }
                // Unless one of those that sleep has done so already.
                false => {
                    me.reap_dead()?;
                }
            }
            wait_until(|| Ok(woken.load(Ordering::SeqCst) == expected))?;
            me.reap_dead()?;
            let left = 3 - expected.count_ones() as usize;
            wait_for_sleepers(&me, left)?;
            assert_eq!(woken.load(Ordering::SeqCst), expected, "passed on once");
            assert_eq!(condition.notify_all(&me)?, left);
            waiters.into_iter().try_for_each(|waiter| {
                assert!(joined(waiter)?);
                Ok(())
            })
        })?;
    }
    condition.detach(&me)?;
    lock.detach(&me)?;
    Ok(assert_nothing_is_left(&me)?)
}

/// Whoever returns from waiting does other things at once, of which the line must not be mistaken for
/// that of those who wait: as many return as were notified.
#[test]
fn what_the_notified_do_next_is_not_taken_for_waiting() -> Outcome {
    const ROUNDS: u64 = 100_000;
    let session = Session::new()?;
    let me = session.thread()?;
    let (condition, lock) = condition_and_lock(&me)?;
    // To arrive at it, a thread writes down something else where its ticket stood.
    let alone = Barrier::create(&me, 1)?;
    let returned = AtomicU64::new(0);
    let notified = thread::scope(|scope| {
        let waiters: Vec<_> = (0..3)
            .map(|_| {
                scope.spawn(|| {
                    let me = session.thread()?;
                    while returned.load(Ordering::SeqCst) < ROUNDS {
                        lock.acquire(&me, long())?;
                        let soon = Wait::Until(Instant::now() + Duration::from_millis(20));
                        if condition.wait(&me, soon)?.notified {
                            returned.fetch_add(1, Ordering::SeqCst);
                        }
                        lock.release(&me)?;
                        alone.wait(&me, Wait::Never)?;
                    }
                    Ok(())
                })
            })
            .collect();
        let mut notified = 0;
        while returned.load(Ordering::SeqCst) < ROUNDS {
            notified += condition.notify_all(&me)? as u64;
        }
        waiters.into_iter().try_for_each(joined)?;
        Ok::<_, Error>(notified)
    })?;
    assert_eq!(returned.load(Ordering::SeqCst), notified);
    alone.detach(&me)?;
    condition.detach(&me)?;
    lock.detach(&me)?;
    Ok(assert_nothing_is_left(&me)?)
}
