//! Conditions among processes.

mod watchdog;

use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use procession::{
    Condition, Lock, LockError, Process, ProcessBuilder, ProcessError, Queue, RLock, SharedError,
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

fn kill<R: serde::de::DeserializeOwned + 'static>(victim: &Process<R>) -> TestResult {
    victim.kill()?;
    match victim.join() {
        Err(ProcessError::Signaled { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err("the victim ended by itself".into()),
    }
}

/// Waits once, and says so.
fn wait_once(condition: Condition, woken: Queue<u32>, number: u32) -> Result<(), SharedError> {
    let guard = condition.lock()?;
    let _guard = condition.wait(guard)?;
    assert_eq!(woken.put(&number), Ok(()));
    Ok(())
}

/// A process that waits once.
type Waiter = Process<Result<(), SharedError>>;

/// Starts processes that wait, one after the other.
fn start_waiters(
    condition: &Condition,
    woken: &Queue<u32>,
    numbers: std::ops::Range<u32>,
) -> Result<Vec<Waiter>, Box<dyn Error>> {
    let asleep = with_participant(|me| me.arena().sleeping_threads())?;
    let mut waiters = Vec::new();
    for number in numbers {
        let arguments = (condition.clone(), woken.clone(), number);
        waiters.push(daemon().spawn(wait_once, arguments)?);
        wait_for_sleepers(asleep + waiters.len())?;
    }
    Ok(waiters)
}

#[test]
fn as_many_return_as_are_notified_in_their_order() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let before = inventory()?;
    {
        let condition = Condition::new(&Lock::new()?)?;
        let woken = Queue::new()?;
        assert!(!condition.notify_one()?);
        let waiters = start_waiters(&condition, &woken, 0..4)?;
        assert!(condition.notify_one()?);
        assert_eq!(woken.get()?, 0);
        wait_for_sleepers(3)?;
        assert_eq!(condition.notify(2)?, 2);
        let mut both = [woken.get()?, woken.get()?];
        both.sort_unstable();
        assert_eq!(both, [1, 2]);
        wait_for_sleepers(1)?;
        assert!(woken.is_empty()?);
        assert_eq!(condition.notify_all()?, 1);
        assert_eq!(woken.get()?, 3);
        assert_eq!(condition.notify_all()?, 0);
        for waiter in waiters {
            waiter.join()??;
        }
        assert_eq!(rescued_wakes()?, 0);
    }
    assert_eq!(inventory()?, before);
    Ok(())
}

#[test]
fn processes_take_turns_without_losing_a_notification() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    /// The queue holds whose turn it is.
    fn take_turns(turn: Queue<u32>, changed: Condition, own: u32) -> Result<(), SharedError> {
        for _ in 0..200 {
            let guard = changed.lock()?;
            let guard = changed.wait_while(guard, || match turn.try_get() {
                Ok(whose) if whose == own => false,
                Ok(whose) => turn.put(&whose).is_ok(),
                Err(_) => true,
            })?;
            assert_eq!(turn.put(&((own + 1) % 3)), Ok(()));
            changed.notify_all()?;
            drop(guard);
        }
        Ok(())
    }
    let (turn, changed) = (Queue::new()?, Condition::new(&Lock::new()?)?);
    turn.put(&0)?;
    let mut players = Vec::new();
    for own in 0..3 {
        players.push(daemon().spawn(take_turns, (turn.clone(), changed.clone(), own))?);
    }
    for player in players {
        player.join()??;
    }
    assert_eq!(turn.get()?, 0);
    assert_eq!(rescued_wakes()?, 0);
    Ok(())
}

#[test]
fn a_killed_waiter_takes_no_notification_along() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let (condition, woken) = (Condition::new(&Lock::new()?)?, Queue::new()?);
    let waiters = start_waiters(&condition, &woken, 0..2)?;
    kill(&waiters[0])?;
    assert!(condition.notify_one()?);
    assert_eq!(woken.get()?, 1);
    assert!(!condition.notify_one()?);
    waiters[1].join()??;
    assert_eq!(rescued_wakes()?, 0);
    Ok(())
}

#[test]
fn a_notified_waiter_that_is_killed_before_it_has_the_lock_passes_it_on() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let before = inventory()?;
    {
        let (condition, woken) = (Condition::new(&Lock::new()?)?, Queue::new()?);
        let waiters = start_waiters(&condition, &woken, 0..3)?;
        let guard = condition.lock().map_err(SharedError::from)?;
        assert!(condition.notify_one()?);
        // All sleep: two on the condition, and the notified one on the lock.
        wait_for_sleepers(3)?;
        kill(&waiters[0])?;
        drop(guard);
        assert_eq!(woken.get()?, 1);
        wait_for_sleepers(1)?;
        assert!(woken.is_empty()?, "passed on once");
        assert!(condition.notify_one()?);
        assert_eq!(woken.get()?, 2);
        for waiter in &waiters[1..] {
            waiter.join()??;
        }
        assert_eq!(rescued_wakes()?, 0);
    }
    assert_eq!(inventory()?, before);
    Ok(())
}

#[test]
fn who_returns_after_the_death_of_the_locks_holder_is_told() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    fn wait(condition: Condition) -> Result<Option<u32>, SharedError> {
        let guard = condition.lock()?;
        match condition.wait(guard) {
            Ok(_guard) => Ok(None),
            Err(LockError::Abandoned(_guard, pid)) => Ok(Some(pid)),
            Err(error) => Err(error.into()),
        }
    }
    fn notify_and_hold(condition: Condition, held: Queue<()>) -> Result<(), SharedError> {
        let _guard = condition.lock()?;
        assert!(condition.notify_one()?);
        assert_eq!(held.put(&()), Ok(()));
        loop {
            thread::park();
        }
    }
    let (condition, held) = (Condition::new(&Lock::new()?)?, Queue::new()?);
    let waiter = daemon().spawn(wait, (condition.clone(),))?;
    wait_for_sleepers(1)?;
    let holder = daemon().spawn(notify_and_hold, (condition.clone(), held.clone()))?;
    held.get()?;
    let pid = holder.pid();
    kill(&holder)?;
    assert_eq!(waiter.join()??, Some(pid));
    assert!(condition.lock().is_ok());
    Ok(())
}

#[test]
fn waiting_in_vain_returns_with_the_lock() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let condition = Condition::new(&Lock::new()?)?;
    let guard = condition.lock().map_err(SharedError::from)?;
    let (guard, notified) = condition
        .wait_timeout(guard, SHORT)
        .map_err(SharedError::from)?;
    assert!(!notified && condition.guarded_by().is_locked()?);
    let mut asked = 0;
    let (guard, came_true) = condition
        .wait_for_timeout(guard, SHORT, || {
            asked += 1;
            false
        })
        .map_err(SharedError::from)?;
    assert!(!came_true && asked == 2);
    let guard = condition
        .wait_for(guard, || true)
        .map_err(SharedError::from)?;
    drop(guard);
    assert!(!condition.guarded_by().is_locked()?);
    Ok(())
}

#[test]
fn waiting_with_another_locks_guard_is_refused() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let (condition, other) = (Condition::new(&Lock::new()?)?, Lock::new()?);
    let guard = other.lock().map_err(SharedError::from)?;
    let refused = condition.wait_timeout(guard, SHORT);
    assert!(matches!(
        refused,
        Err(LockError::Failed(SharedError::Session { .. }))
    ));
    drop(refused);
    assert!(!other.is_locked()?);

    // Released in spite of the guard.
    let guard = condition.lock().map_err(SharedError::from)?;
    condition.guarded_by().release()?;
    let refused = condition.wait_timeout(guard, SHORT);
    assert!(matches!(
        refused,
        Err(LockError::Failed(SharedError::NotHeld))
    ));
    Ok(())
}

#[test]
fn a_reentrant_lock_is_given_up_wholly_while_its_holder_waits() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    fn wait(condition: Condition<RLock>) -> Result<(u32, u32), SharedError> {
        let _outer = condition.lock()?;
        let inner = condition.lock()?;
        let inner = condition.wait(inner)?;
        let depth = condition.guarded_by().depth()?;
        drop(inner);
        Ok((depth, condition.guarded_by().depth()?))
    }
    let before = inventory()?;
    {
        let lock = RLock::new()?;
        let condition = Condition::for_rlock(&lock)?;
        drop(lock);
        let waiter = daemon().spawn(wait, (condition.clone(),))?;
        wait_for_sleepers(1)?;
        let guard = condition.lock().map_err(SharedError::from)?;
        assert_eq!(condition.notify(5)?, 1);
        wait_for_sleepers(1)?;
        drop(guard);
        assert_eq!(waiter.join()??, (2, 1));
        assert!(!condition.guarded_by().is_locked()?);
    }
    assert_eq!(inventory()?, before);
    Ok(())
}
