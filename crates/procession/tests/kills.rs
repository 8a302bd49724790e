//! Real processes, killed at chosen moments; the program `chaos` chooses them by chance.

mod watchdog;

use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use procession::{JoinableQueue, OnLost, Process, ProcessError, Queue, QueueError};
use procession_arena::{Lock, Transit};
use procession_engine::with_participant;
use watchdog::watch;

/// The tests share this process's session, and look at all of it.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

type TestResult = Result<(), Box<dyn Error>>;
type ArenaResult<T> = Result<T, procession_arena::Error>;

/// Returns when so many threads of the session sleep; the watchdog bounds it.
fn wait_for_sleepers(count: usize) -> ArenaResult<()> {
    while with_participant(|me| me.arena().sleeping_threads())? != count {
        thread::yield_now();
    }
    Ok(())
}

fn kill<R: serde::de::DeserializeOwned + 'static>(victim: &Process<R>) -> TestResult {
    victim.kill()?;
    match victim.join() {
        Err(ProcessError::Signaled { .. }) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err("the victim ended by itself".into()),
    }
}

/// Takes the lock at `word`, says so, and never lets go of it.
fn hold_lock(word: u64, held: Queue<()>) -> Result<(), QueueError> {
    with_participant(|me| {
        let lock = Lock::new(me.arena().window().word32(word)?);
        std::mem::forget(lock.acquire(me, || Ok(()))?);
        ArenaResult::Ok(())
    })?;
    held.put(&())?;
    loop {
        thread::park();
    }
}

#[test]
fn the_lock_of_a_killed_holder_is_taken_over_and_recovered() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let block = with_participant(|me| {
        let block = me.allocate(64, Transit::Payload)?;
        me.arena().window().word32(block.offset)?.store(0);
        ArenaResult::Ok(block)
    })?;
    let word = block.offset;
    let held = Queue::new()?;
    let holder = Process::spawn(hold_lock, (word, held.clone()))?;
    held.get()?;
    let taken = |recovered: &mut bool| {
        with_participant(|me| {
            let lock = Lock::new(me.arena().window().word32(word)?);
            let guard = lock.try_acquire(me, || {
                *recovered = true;
                Ok(())
            })?;
            ArenaResult::Ok(guard.is_some())
        })
    };
    let mut recovered = false;
    assert!(!taken(&mut recovered)?, "a living holder keeps its lock");
    kill(&holder)?;
    assert!(taken(&mut recovered)?);
    assert!(recovered, "who takes over must know that it has to recover");
    recovered = false;
    assert!(taken(&mut recovered)?);
    assert!(!recovered, "a lock that was given back needs no recovery");
    // Other tests see it if anything is left in this session.
    assert!(with_participant(|me| me.free(block))?);
    Ok(())
}

fn put_much(queue: Queue<Vec<u8>>) -> Result<(), QueueError> {
    queue.put(&vec![1; 1 << 20])
}

#[test]
fn a_producer_killed_while_it_waits_for_room_leaves_nothing() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let queue = Queue::builder().maxsize(1).build()?;
    queue.put(&vec![7])?;
    let before = with_participant(|me| me.verify())?;
    let producer = Process::spawn(put_much, (queue.clone(),))?;
    wait_for_sleepers(1)?;
    kill(&producer)?;
    drop(producer);
    assert_eq!(with_participant(|me| me.verify())?, before);
    assert_eq!(queue.get()?, [7]);
    assert_eq!(queue.try_get(), Err(QueueError::Empty));
    Ok(())
}

/// Passes on what it gets.
fn consume(items: JoinableQueue<u32>, seen: Queue<u32>) -> Result<(), QueueError> {
    loop {
        seen.put(&items.get()?)?;
        items.task_done()?;
    }
}

/// The kernel may give the wake to the consumer that is killed in the same moment: the other one
/// must hear of the item all the same, and not only when its sleep times out.
#[test]
fn a_wake_that_a_killed_sleeper_took_along_reaches_another() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    const ROUNDS: u32 = 20;
    let redeliver = OnLost::Redeliver {
        max_deliveries: 100,
    };
    let items = JoinableQueue::builder().on_lost(redeliver).build()?;
    let seen = Queue::new()?;
    for round in 0..ROUNDS {
        let first = Process::spawn(consume, (items.clone(), seen.clone()))?;
        wait_for_sleepers(1)?;
        let second = Process::spawn(consume, (items.clone(), seen.clone()))?;
        wait_for_sleepers(2)?;
        items.put(&round)?;
        kill(&first)?;
        assert_eq!(seen.get()?, round);
        items.join()?;
        kill(&second)?;
        // A consumer that was killed between passing the item on and marking it done.
        while seen.try_get().is_ok() {}
    }
    let (rescued, late) = with_participant(|me| {
        ArenaResult::Ok((me.arena().rescued_wakes()?, me.arena().late_wakes()?))
    })?;
    assert_eq!(rescued, 0);
    // A slice may end by chance in the very moment of the wake; hardly ever twice in a test.
    assert!(
        late <= 2,
        "{late} of {ROUNDS} sleepers had to wait for the end of their slice"
    );
    Ok(())
}
