//! Locks and reentrant locks among processes.

mod watchdog;

use std::error::Error;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use procession::{
    Lock, LockError, Process, ProcessBuilder, ProcessError, Queue, RLock, SharedError,
};
use procession_arena::Inventory;
use procession_engine::with_participant;
use watchdog::watch;

/// The tests share this process's session, and look at all of it.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

type TestResult = Result<(), Box<dyn Error>>;

const SHORT: Duration = Duration::from_millis(5);
/// Long enough that no test sees its end, if all is well.
const LONG: Duration = Duration::from_secs(3600);

/// A process that does not outlive the test, even if that is ended for taking too long.
fn daemon() -> ProcessBuilder {
    Process::builder().daemon(true)
}

/// Returns when so many threads of the session sleep; the watchdog bounds it.
fn wait_for_sleepers(count: usize) -> TestResult {
    while with_participant(|me| me.arena().sleeping_threads())? != count {
        thread::yield_now();
    }
    Ok(())
}

fn rescued_wakes() -> Result<u64, procession_arena::Error> {
    with_participant(|me| me.arena().rescued_wakes())
}

fn inventory() -> Result<Inventory, procession_arena::Error> {
    with_participant(|me| me.verify())
}

/// Without a join, so that nobody is told of the death by the victim's parent.
fn kill<R: serde::de::DeserializeOwned + 'static>(victim: &Process<R>) -> TestResult {
    Ok(victim.kill()?)
}

fn must_be_killed<R: serde::de::DeserializeOwned + 'static>(victim: &Process<R>) -> TestResult {
    match victim.join() {
        Err(ProcessError::Signaled { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err("the victim ended by itself".into()),
    }
}

fn park_for_ever() -> ! {
    loop {
        thread::park();
    }
}

fn failed<G>(outcome: Result<G, LockError<G>>) -> Option<SharedError> {
    match outcome {
        Err(LockError::Failed(error)) => Some(error),
        _ => None,
    }
}

fn abandoned_by<G>(outcome: Result<G, LockError<G>>) -> Option<u32> {
    match outcome {
        Err(LockError::Abandoned(_guard, pid)) => Some(pid),
        _ => None,
    }
}

/// Holds the lock until it is killed.
fn hold(lock: Lock, held: Queue<()>) -> Result<(), SharedError> {
    let _guard = lock.lock()?;
    assert_eq!(held.put(&()), Ok(()));
    park_for_ever()
}

fn hold_reentrant(lock: RLock, held: Queue<()>) -> Result<(), SharedError> {
    let _guards = (lock.lock()?, lock.lock()?);
    assert_eq!(held.put(&()), Ok(()));
    park_for_ever()
}

/// Acquires the lock, and says whether it was abandoned, and by whom.
fn acquire(lock: Lock) -> Result<Option<u32>, SharedError> {
    match lock.lock() {
        Ok(_guard) => Ok(None),
        Err(LockError::Abandoned(_guard, pid)) => Ok(Some(pid)),
        Err(error) => Err(error.into()),
    }
}

#[test]
fn one_process_at_a_time_is_inside() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    fn work(lock: Lock, doors: Queue<u32>) -> Result<(), SharedError> {
        for _ in 0..300 {
            let _guard = lock.lock()?;
            let said = doors
                .put(&std::process::id())
                .and_then(|()| doors.put(&std::process::id()));
            assert_eq!(said, Ok(()));
        }
        Ok(())
    }
    let before = inventory()?;
    {
        let (lock, doors) = (Lock::new()?, Queue::new()?);
        let mut workers = Vec::new();
        for _ in 0..3 {
            workers.push(daemon().spawn(work, (lock.clone(), doors.clone()))?);
        }
        for worker in workers {
            worker.join()??;
        }
        for _ in 0..900 {
            assert_eq!(doors.try_get()?, doors.try_get()?);
        }
        assert_eq!(rescued_wakes()?, 0);
    }
    assert_eq!(inventory()?, before);
    Ok(())
}

#[test]
fn who_comes_after_a_killed_holder_is_told_and_who_comes_then_is_not() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let before = inventory()?;
    for joined in [true, false] {
        let (lock, held) = (Lock::new()?, Queue::new()?);
        let holder = daemon().spawn(hold, (lock.clone(), held.clone()))?;
        held.get()?;
        assert_eq!(failed(lock.try_lock()), Some(SharedError::WouldBlock));
        assert_eq!(
            failed(lock.lock_timeout(SHORT)),
            Some(SharedError::TimedOut)
        );
        let told = lock.holder()?.ok_or("nobody holds it")?;
        assert_eq!(told.pid, holder.pid());
        assert!(told.since <= Instant::now());
        kill(&holder)?;
        if joined {
            must_be_killed(&holder)?;
        }
        assert_eq!(abandoned_by(lock.lock_timeout(LONG)), Some(told.pid));
        assert!(lock.try_lock().is_ok());
        assert_eq!(lock.holder()?, None);
        if !joined {
            must_be_killed(&holder)?;
        }
    }
    assert_eq!(inventory()?, before);
    assert_eq!(rescued_wakes()?, 0);
    Ok(())
}

#[test]
fn of_those_that_wait_for_a_killed_holder_one_is_told() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    for _ in 0..5 {
        let (lock, held) = (Lock::new()?, Queue::new()?);
        let holder = daemon().spawn(hold, (lock.clone(), held.clone()))?;
        held.get()?;
        let pid = holder.pid();
        let mut waiters = Vec::new();
        for _ in 0..3 {
            waiters.push(daemon().spawn(acquire, (lock.clone(),))?);
        }
        wait_for_sleepers(3)?;
        kill(&holder)?;
        let mut told = Vec::new();
        for waiter in waiters {
            told.extend(waiter.join()??);
        }
        assert_eq!(told, [pid]);
        must_be_killed(&holder)?;
    }
    assert_eq!(rescued_wakes()?, 0);
    Ok(())
}

#[test]
fn a_killed_waiter_is_no_loss_to_the_others() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let lock = Lock::new()?;
    let guard = lock.lock().map_err(SharedError::from)?;
    let victim = daemon().spawn(acquire, (lock.clone(),))?;
    wait_for_sleepers(1)?;
    let waiter = daemon().spawn(acquire, (lock.clone(),))?;
    wait_for_sleepers(2)?;
    kill(&victim)?;
    drop(guard);
    must_be_killed(&victim)?;
    // The victim may have got the lock before it was killed.
    let told = waiter.join()??;
    assert!(told.is_none() || told != Some(std::process::id()));
    assert!(lock.try_lock().is_ok());
    assert_eq!(rescued_wakes()?, 0);
    Ok(())
}

#[test]
fn a_guard_may_be_dropped_by_another_thread() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let lock = Lock::new()?;
    let guard = lock.lock().map_err(SharedError::from)?;
    thread::scope(|scope| drop(scope.spawn(|| drop(guard)).join()));
    assert!(!lock.is_locked()?);
    Ok(())
}

#[test]
fn one_process_may_release_what_another_has_acquired() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    fn release(lock: Lock) -> Result<(), SharedError> {
        lock.release()
    }
    let lock = Lock::new()?;
    assert_eq!(lock.release(), Err(SharedError::NotHeld));
    mem::forget(lock.lock().map_err(SharedError::from)?);
    daemon().spawn(release, (lock.clone(),))?.join()??;
    let guard = lock.lock().map_err(SharedError::from)?;
    daemon().spawn(release, (lock.clone(),))?.join()??;
    let (held, other) = (Queue::new()?, lock.clone());
    let holder = daemon().spawn(hold, (other, held.clone()))?;
    held.get()?;
    drop(guard);
    assert!(lock.is_locked()?, "the guard was no longer the holder's");
    kill(&holder)?;
    must_be_killed(&holder)?;
    Ok(())
}

#[test]
fn a_process_that_ends_with_the_lock_abandons_it() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    fn forget(lock: Lock) -> Result<u32, SharedError> {
        mem::forget(lock.lock()?);
        Ok(std::process::id())
    }
    let lock = Lock::new()?;
    let pid = daemon().spawn(forget, (lock.clone(),))?.join()??;
    assert_eq!(abandoned_by(lock.try_lock()), Some(pid));
    assert!(lock.try_lock().is_ok());
    Ok(())
}

#[test]
fn a_question_mark_turns_abandonment_into_an_error_and_releases_the_lock() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    fn use_it(lock: &Lock) -> Result<(), SharedError> {
        let _guard = lock.lock()?;
        Ok(())
    }
    let (lock, held) = (Lock::new()?, Queue::new()?);
    let holder = daemon().spawn(hold, (lock.clone(), held.clone()))?;
    held.get()?;
    let pid = holder.pid();
    kill(&holder)?;
    assert_eq!(use_it(&lock), Err(SharedError::Abandoned { pid }));
    assert_eq!(use_it(&lock), Ok(()));
    must_be_killed(&holder)
}

#[test]
fn a_reentrant_lock_is_held_by_one_thread_of_one_process() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    fn try_both(lock: RLock, pid: u32) -> (Option<SharedError>, bool) {
        let released = lock.release() == Err(SharedError::HeldByAnother { pid });
        (failed(lock.try_lock()), released)
    }
    let before = inventory()?;
    {
        let lock = RLock::new()?;
        assert_eq!(lock.release(), Err(SharedError::NotHeld));
        let outer = lock.lock().map_err(SharedError::from)?;
        let inner = lock.try_lock().map_err(SharedError::from)?;
        assert_eq!((lock.depth()?, lock.is_locked()?), (2, true));
        let pid = std::process::id();
        assert_eq!(lock.holder()?.map(|its| its.pid), Some(pid));
        let refused = (Some(SharedError::WouldBlock), true);
        let elsewhere = daemon().spawn(try_both, (lock.clone(), pid))?.join()?;
        assert_eq!(elsewhere, refused);
        let other = lock.clone();
        let elsewhere = thread::spawn(move || try_both(other, std::process::id())).join();
        assert_eq!(elsewhere.map_err(|_| "it panicked")?, refused);
        drop(inner);
        let other = lock.clone();
        let waited = thread::spawn(move || failed(other.lock_timeout(SHORT)));
        let waited = waited.join().map_err(|_| "it panicked")?;
        assert_eq!(waited, Some(SharedError::TimedOut));
        drop(outer);
        assert_eq!((lock.depth()?, lock.is_locked()?), (0, false));
    }
    assert_eq!(inventory()?, before);
    Ok(())
}

#[test]
fn a_reentrant_lock_of_a_killed_process_or_an_ended_thread_is_abandoned() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let (lock, held) = (RLock::new()?, Queue::new()?);
    let holder = daemon().spawn(hold_reentrant, (lock.clone(), held.clone()))?;
    held.get()?;
    let pid = holder.pid();
    let waiter = {
        let lock = lock.clone();
        thread::spawn(move || abandoned_by(lock.lock()))
    };
    wait_for_sleepers(1)?;
    kill(&holder)?;
    assert_eq!(waiter.join().map_err(|_| "it panicked")?, Some(pid));
    must_be_killed(&holder)?;
    assert!(lock.try_lock().is_ok());

    let other = lock.clone();
    let ended = thread::spawn(move || other.lock().map(mem::forget).is_ok());
    assert!(ended.join().map_err(|_| "it panicked")?);
    assert_eq!(abandoned_by(lock.lock()), Some(std::process::id()));
    assert!(lock.try_lock().is_ok());
    assert_eq!(rescued_wakes()?, 0);
    Ok(())
}
