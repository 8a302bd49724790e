//! Locks and reentrant locks among threads, some of which are killed.

mod session;

use std::error::Error as StdError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use procession_arena::sys::clock::coarse_now;
use procession_arena::{Error, Participant, Result, Wait};
use procession_objects::{Event, Lock, ReentrantLock};
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
    let left = me.verify()?;
    assert_eq!((left.blocks, left.objects), (0, 0));
    assert_eq!(me.arena().rescued_wakes()?, 0);
    Ok(())
}

/// Does something in a process of its own that is then killed: its only thread ends without goodbye.
fn in_a_process_that_is_killed<T: Send>(
    session: &Session,
    work: impl FnOnce(&Participant) -> Result<T> + Send,
) -> Result<T> {
    thread::scope(|scope| {
        let killed = scope.spawn(|| {
            let me = session.thread_of_another_process()?;
            let outcome = work(&me);
            me.disown();
            outcome
        });
        killed.join().unwrap_or(Err(Error::Closed))
    })
}

#[test]
fn one_thread_at_a_time_is_inside() -> Outcome {
    const ROUNDS: u64 = 20_000;
    const THREADS: u64 = 4;
    let session = Session::new()?;
    let me = session.thread()?;
    let lock = Lock::create(&me)?;
    let (inside, total) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| -> Result<()> {
        let work = || -> Result<()> {
            let me = session.thread()?;
            for _ in 0..ROUNDS {
                let taken = lock.acquire(&me, long())?;
                assert_eq!(taken.abandoned_by, None);
                assert_eq!(inside.swap(1, Ordering::Relaxed), 0);
                total.store(total.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                inside.store(0, Ordering::Relaxed);
                assert!(lock.release_hold(&me, taken.hold)?);
            }
            Ok(())
        };
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or(Err(Error::Closed)))
    })?;
    assert_eq!(total.into_inner(), ROUNDS * THREADS);
    lock.detach(&me)?;
    Ok(assert_nothing_is_left(&me)?)
}

#[test]
fn whoever_does_not_want_to_wait_is_told_so() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let lock = Lock::create(&me)?;
    let hold = lock.acquire(&me, Wait::Never)?.hold;
    for wait in [Wait::Never, Wait::Until(Instant::now())] {
        assert!(matches!(lock.acquire(&me, wait), Err(Error::TimedOut)));
    }
    assert!(lock.release_hold(&me, hold)?);
    assert!(!lock.release_hold(&me, hold)?);
    assert!(matches!(lock.release(&me), Err(Error::NotHeld)));
    lock.detach(&me)?;
    Ok(assert_nothing_is_left(&me)?)
}

#[test]
fn any_thread_and_any_process_may_release_a_lock() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let other = session.thread_of_another_process()?;
    let lock = Lock::create(&me)?;
    Lock::attach(&other, lock.handle())?;
    let hold = lock.acquire(&me, Wait::Never)?.hold;
    assert!(!lock.release_hold(&other, hold)?, "not that process's hold");
    lock.release(&other)?;
    assert!(!lock.release_hold(&me, hold)?, "ended by somebody else");
    let theirs = lock.acquire(&other, Wait::Never)?.hold;
    assert!(!lock.release_hold(&me, hold)?, "of somebody else by now");
    assert!(lock.is_locked(&me)?);
    assert!(lock.release_hold(&other, theirs)?);
    lock.detach(&other)?;
    lock.detach(&me)?;
    Ok(assert_nothing_is_left(&me)?)
}

#[test]
fn a_lock_says_who_holds_it_and_since_when() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let (lock, reentrant) = (Lock::create(&me)?, ReentrantLock::create(&me)?);
    assert_eq!((lock.holder(&me)?, reentrant.holder(&me)?), (None, None));
    let before = coarse_now();
    lock.acquire(&me, Wait::Never)?;
    reentrant.acquire(&me, Wait::Never)?;
    let after = coarse_now();
    for holder in [lock.holder(&me)?, reentrant.holder(&me)?] {
        let holder = holder.ok_or("nobody")?;
        assert_eq!(holder.pid, std::process::id());
        assert!((before..=after).contains(&holder.since));
    }
    assert!(lock.is_locked(&me)? && reentrant.is_locked(&me)?);
    lock.release(&me)?;
    reentrant.release(&me)?;
    assert!(!lock.is_locked(&me)? && !reentrant.is_locked(&me)?);
    lock.detach(&me)?;
    reentrant.detach(&me)?;
    Ok(assert_nothing_is_left(&me)?)
}

#[test]
fn a_killed_holder_is_succeeded_and_its_death_told_once() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let lock = Lock::create(&me)?;
    for reap_first in [false, true] {
        in_a_process_that_is_killed(&session, |victim| {
            Lock::attach(victim, lock.handle())?;
            lock.acquire(victim, Wait::Never)
        })?;
        if reap_first {
            me.reap_dead()?;
        }
        assert!(!lock.is_locked(&me)?);
        assert_eq!(lock.holder(&me)?, None);
        assert!(matches!(lock.release(&me), Err(Error::NotHeld)));
        let taken = lock.acquire(&me, Wait::Never)?;
        assert_eq!(taken.abandoned_by, Some(std::process::id()));
        me.reap_dead()?;
        assert!(lock.is_locked(&me)?, "reaping comes too late to matter");
        assert!(lock.release_hold(&me, taken.hold)?);
        let taken = lock.acquire(&me, Wait::Never)?;
        assert_eq!(taken.abandoned_by, None);
        assert!(lock.release_hold(&me, taken.hold)?);
    }
    lock.detach(&me)?;
    Ok(assert_nothing_is_left(&me)?)
}

#[test]
fn one_of_those_that_wait_succeeds_a_killed_holder() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let lock = Lock::create(&me)?;
    let killed = Event::create(&me)?;
    for _ in 0..20 {
        killed.clear(&me)?;
        let told = AtomicU64::new(0);
        thread::scope(|scope| -> Result<()> {
            let waiter = || -> Result<()> {
                let me = session.thread()?;
                let taken = lock.acquire(&me, long())?;
                told.fetch_add(u64::from(taken.abandoned_by.is_some()), Ordering::Relaxed);
                lock.release(&me)
            };
            let holder = scope.spawn(|| {
                in_a_process_that_is_killed(&session, |victim| {
                    Lock::attach(victim, lock.handle())?;
                    lock.acquire(victim, Wait::Never)?;
                    killed.wait(victim, long())
                })
            });
            wait_until(|| lock.is_locked(&me))?;
            let waiters: Vec<_> = (0..3).map(|_| scope.spawn(waiter)).collect();
            wait_for_sleepers(&me, 4)?;
            killed.set(&me)?;
            holder.join().unwrap_or(Err(Error::Closed))?;
            waiters
                .into_iter()
                .try_for_each(|waiter| waiter.join().unwrap_or(Err(Error::Closed)))
        })?;
        assert_eq!(told.into_inner(), 1);
        // Whoever took over had no need to.
        me.reap_dead()?;
    }
    killed.detach(&me)?;
    lock.detach(&me)?;
    Ok(assert_nothing_is_left(&me)?)
}

#[test]
fn a_lock_outlives_the_thread_that_took_it_but_not_the_process() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let lock = Lock::create(&me)?;
    thread::scope(|scope| {
        let thread = scope.spawn(|| lock.acquire(&session.thread()?, Wait::Never).map(drop));
        thread.join().unwrap_or(Err(Error::Closed))
    })?;
    assert!(matches!(
        lock.acquire(&me, Wait::Never),
        Err(Error::TimedOut)
    ));
    lock.release(&me)?;

    let other = session.thread_of_another_process()?;
    Lock::attach(&other, lock.handle())?;
    lock.acquire(&other, Wait::Never)?;
    lock.detach(&other)?;
    let taken = lock.acquire(&me, Wait::Never)?;
    assert!(taken.abandoned_by.is_some(), "it cannot be released by it");
    lock.release(&me)?;
    assert!(!lock.release_abandoned(&me)?);

    let other = session.thread_of_another_process()?;
    Lock::attach(&other, lock.handle())?;
    lock.acquire(&other, Wait::Never)?;
    assert!(!lock.release_abandoned(&me)?);
    lock.detach(&other)?;
    assert!(matches!(lock.release(&me), Err(Error::NotHeld)));
    assert!(lock.release_abandoned(&me)?);
    let taken = lock.acquire(&me, Wait::Never)?;
    assert!(taken.abandoned_by.is_none(), "it was released for it");
    lock.release(&me)?;
    lock.detach(&me)?;
    Ok(assert_nothing_is_left(&me)?)
}

#[test]
fn a_reentrant_lock_is_the_threads_until_it_is_released_as_often_as_acquired() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let lock = ReentrantLock::create(&me)?;
    assert!(matches!(lock.release(&me), Err(Error::NotHeld)));
    for _ in 0..3 {
        lock.acquire(&me, Wait::Never)?;
    }
    let in_another_thread = |what: &(dyn Fn(&Participant) -> Result<()> + Sync)| {
        thread::scope(|scope| {
            let thread = scope.spawn(|| what(&session.thread()?));
            thread.join().unwrap_or(Err(Error::Closed))
        })
    };
    for depth in (1..=3).rev() {
        assert_eq!(lock.depth(&me)?, depth);
        in_another_thread(&|other| {
            assert_eq!(lock.depth(other)?, 0);
            let refused = lock.acquire(other, Wait::Never);
            assert!(matches!(refused, Err(Error::TimedOut)));
            let pid = std::process::id();
            let refused = lock.release(other);
            assert!(matches!(refused, Err(Error::HeldByAnother { pid: its }) if its == pid));
            Ok(())
        })?;
        lock.release(&me)?;
    }
    assert!(matches!(lock.release(&me), Err(Error::NotHeld)));
    in_another_thread(&|other| {
        lock.acquire(other, Wait::Never)?;
        lock.release(other)
    })?;
    lock.detach(&me)?;
    Ok(assert_nothing_is_left(&me)?)
}

#[test]
fn a_thread_that_ends_abandons_its_reentrant_lock_also_if_its_process_lives() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let lock = ReentrantLock::create(&me)?;
    for _ in 0..3 {
        let waited_for = AtomicU64::new(0);
        let taken = thread::scope(|scope| {
            let holder = scope.spawn(|| -> Result<()> {
                let me = session.thread()?;
                lock.acquire(&me, Wait::Never)?;
                lock.acquire(&me, Wait::Never)?;
                wait_until(|| Ok(waited_for.load(Ordering::Acquire) != 0))
            });
            wait_until(|| lock.is_locked(&me))?;
            let waiter = scope.spawn(|| {
                let me = session.thread()?;
                let taken = lock.acquire(&me, long())?;
                assert_eq!(lock.depth(&me)?, 1);
                lock.release(&me)?;
                Ok(taken)
            });
            wait_for_sleepers(&me, 1)?;
            waited_for.store(1, Ordering::Release);
            holder.join().unwrap_or(Err(Error::Closed))?;
            waiter.join().unwrap_or(Err(Error::Closed))
        })?;
        assert_eq!(taken.abandoned_by, Some(std::process::id()));
        assert_eq!(lock.acquire(&me, Wait::Never)?.abandoned_by, None);
        lock.release(&me)?;
    }
    lock.detach(&me)?;
    Ok(assert_nothing_is_left(&me)?)
}

#[test]
fn a_lock_is_no_reentrant_lock() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let (lock, reentrant) = (Lock::create(&me)?, ReentrantLock::create(&me)?);
    let kinds = |error| match error {
        Err(Error::WrongKind {
            expected, found, ..
        }) => Some((expected, found)),
        _ => None,
    };
    let refused = kinds(Lock::attach(&me, reentrant.handle()).map(drop));
    assert_eq!(refused, Some(("lock", "reentrant lock")));
    let refused = kinds(ReentrantLock::attach(&me, lock.handle()).map(drop));
    assert_eq!(refused, Some(("reentrant lock", "lock")));
    lock.detach(&me)?;
    reentrant.detach(&me)?;
    let gone = Lock::attach(&me, lock.handle());
    assert!(matches!(gone, Err(Error::StaleHandle { .. })));
    Ok(assert_nothing_is_left(&me)?)
}

/// One thread lets go of the last handle that its process has, while another one gets a new one and takes
/// the lock: that one holds it.
#[test]
fn a_process_that_lets_go_does_not_abandon_what_it_holds_by_a_new_handle() -> Outcome {
    const ROUNDS: u64 = 100_000;
    let session = Session::new()?;
    let me = session.thread()?;
    let lock = Lock::create(&me)?;
    let handle = lock.handle();
    let (arena, process) = (Arc::clone(me.arena()), me.arena().register_root()?);
    let is_over = AtomicBool::new(false);
    let lost = thread::scope(|scope| {
        let other = scope.spawn(|| {
            let me = arena.register_thread(process)?;
            while !is_over.load(Ordering::Relaxed) {
                Lock::attach(&me, handle)?.detach(&me)?;
            }
            Ok(())
        });
        let holder = scope.spawn(|| {
            let me = arena.register_thread(process)?;
            let mut lost = 0;
            for _ in 0..ROUNDS {
                let lock = Lock::attach(&me, handle)?;
                let taken = lock.acquire(&me, long())?;
                lost += u64::from(taken.abandoned_by.is_some());
                lost += u64::from(!lock.release_hold(&me, taken.hold)?);
                lock.detach(&me)?;
            }
            is_over.store(true, Ordering::Relaxed);
            Ok(lost)
        });
        let lost = holder.join().unwrap_or(Err(Error::Closed))?;
        other.join().unwrap_or(Err(Error::Closed))?;
        Ok::<_, Error>(lost)
    })?;
    assert_eq!(lost, 0);
    lock.detach(&me)?;
    Ok(assert_nothing_is_left(&me)?)
}
