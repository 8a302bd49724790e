//! Barriers among processes.

mod watchdog;

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use procession::{Barrier, Process, ProcessBuilder, Queue, SharedError};
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

fn park_for_ever() -> ! {
    loop {
        thread::park();
    }
}

type Waiter = Process<Result<usize, SharedError>>;

/// Starts a process that waits at the barrier, as the one after `before` others.
fn start_waiter(barrier: &Barrier, before: usize) -> Result<Waiter, Box<dyn Error>> {
    let wait = |barrier: Barrier| barrier.wait().map(|turn| turn.index());
    let waiter = daemon().spawn(wait, (barrier.clone(),))?;
    wait_for_sleepers(before + 1)?;
    assert_eq!(barrier.n_waiting()?, before + 1);
    Ok(waiter)
}

#[test]
fn nobody_goes_on_before_all_have_come() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    const PARTIES: usize = 3;
    const ROUNDS: usize = 100;
    /// Each round has a line of the log for each party, and one that the last of them wrote.
    fn take_part(barrier: Barrier, log: Queue<(usize, bool)>) -> Result<(), SharedError> {
        for round in 1..=ROUNDS {
            assert_eq!(log.put(&(round, false)), Ok(()));
            let mut acted = false;
            let turn = barrier.wait_with(|| {
                assert_eq!(log.len(), Ok(round * PARTIES + round - 1));
                assert_eq!(log.put(&(round, true)), Ok(()));
                acted = true;
            })?;
            assert_eq!(
                (turn.is_last(), turn.index() == PARTIES - 1),
                (acted, acted)
            );
            assert_eq!(log.len(), Ok(round * PARTIES + round));
            barrier.wait()?;
        }
        Ok(())
    }
    let (barrier, log) = (Barrier::new(PARTIES)?, Queue::new()?);
    let mut processes = Vec::new();
    for _ in 0..PARTIES {
        processes.push(daemon().spawn(take_part, (barrier.clone(), log.clone()))?);
    }
    for process in processes {
        process.join()??;
    }
    assert_eq!((barrier.n_waiting()?, barrier.is_broken()?), (0, false));
    assert_eq!(rescued_wakes()?, 0);
    Ok(())
}

/// Nobody joins the killed process: the others find out by themselves, whichever of them it is.
#[test]
fn a_killed_waiter_breaks_it_for_the_others() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let barrier = Barrier::new(4)?;
    for number in 0..3 {
        let mut waiters = Vec::new();
        for before in 0..3 {
            waiters.push(start_waiter(&barrier, before)?);
        }
        let victim = waiters.swap_remove(number);
        victim.kill()?;
        for waiter in waiters {
            assert_eq!(waiter.join()?, Err(SharedError::BrokenBarrier));
        }
        assert!(barrier.is_broken()?);
        assert_eq!(barrier.n_waiting()?, 0);
        assert_eq!(barrier.wait(), Err(SharedError::BrokenBarrier));
        assert!(victim.join().is_err());
        barrier.reset()?;
    }
    assert_eq!(rescued_wakes()?, 0);
    Ok(())
}

#[test]
fn the_only_waiter_is_killed_before_the_last_one_comes() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let barrier = Barrier::new(2)?;
    let victim = start_waiter(&barrier, 0)?;
    victim.kill()?;
    assert!(victim.join().is_err());
    assert_eq!(barrier.wait(), Err(SharedError::BrokenBarrier));
    Ok(())
}

#[test]
fn a_process_killed_while_it_acts_as_the_last_breaks_it() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let (barrier, acts) = (Barrier::new(3)?, Queue::new()?);
    for _ in 0..3 {
        let waiters = [start_waiter(&barrier, 0)?, start_waiter(&barrier, 1)?];
        let act = |barrier: Barrier, acts: Queue<()>| {
            let turn = barrier.wait_with(|| {
                let _ = acts.put(&());
                park_for_ever();
            });
            turn.map(|turn| turn.index())
        };
        let victim = daemon().spawn(act, (barrier.clone(), acts.clone()))?;
        acts.get()?;
        assert_eq!((barrier.n_waiting()?, barrier.is_broken()?), (2, false));
        victim.kill()?;
        for waiter in waiters {
            assert_eq!(waiter.join()?, Err(SharedError::BrokenBarrier));
        }
        assert!(victim.join().is_err());
        assert!(barrier.is_broken()?);
        barrier.reset()?;
    }
    assert_eq!(rescued_wakes()?, 0);
    Ok(())
}

#[test]
fn an_action_that_panics_or_aborts_breaks_it() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let barrier = Barrier::new(2)?;
    let waiter = start_waiter(&barrier, 0)?;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        barrier.wait_with(|| panic!("on purpose"))
    }));
    assert!(outcome.is_err());
    assert_eq!(waiter.join()?, Err(SharedError::BrokenBarrier));
    assert!(barrier.is_broken()?);

    barrier.reset()?;
    let waiter = start_waiter(&barrier, 0)?;
    let outcome = barrier.wait_with(|| assert_eq!(barrier.abort(), Ok(())));
    assert_eq!(outcome, Err(SharedError::BrokenBarrier));
    assert_eq!(waiter.join()?, Err(SharedError::BrokenBarrier));
    Ok(())
}

#[test]
fn whoever_gives_up_waiting_breaks_it() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let barrier = Barrier::new(3)?;
    let waiter = start_waiter(&barrier, 0)?;
    assert_eq!(barrier.wait_timeout(SHORT), Err(SharedError::TimedOut));
    assert_eq!(waiter.join()?, Err(SharedError::BrokenBarrier));
    assert!(barrier.is_broken()?);
    Ok(())
}

#[test]
fn an_abort_and_a_reset_send_the_others_away() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let barrier = Barrier::new(2)?;
    for resets in [false, true] {
        let waiter = start_waiter(&barrier, 0)?;
        match resets {
            false => barrier.abort()?,
            true => barrier.reset()?,
        }
        assert_eq!(waiter.join()?, Err(SharedError::BrokenBarrier));
        assert_eq!(barrier.is_broken()?, !resets);
        barrier.reset()?;
    }
    let waiter = start_waiter(&barrier, 0)?;
    assert!(barrier.wait_timeout(Duration::ZERO)?.is_last());
    assert_eq!(waiter.join()?, Ok(0));
    Ok(())
}

#[test]
fn parties_are_counted() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    assert_eq!(Barrier::new(0)?.parties(), 1);
    assert_eq!(Barrier::new(65_535)?.parties(), 65_535);
    match Barrier::new(65_536) {
        Err(SharedError::Session { reason }) => assert!(reason.contains("65536"), "{reason}"),
        other => panic!("{other:?}"),
    }
    Ok(())
}

#[test]
fn a_handle_travels_and_nothing_is_left() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    daemon().spawn(|| (), ())?.join()?;
    let before = with_participant(|me| me.verify())?;
    let barrier = Barrier::new(2)?;
    let barriers = Queue::new()?;
    barriers.put(&barrier)?;
    let pass = |barriers: Queue<Barrier>| -> Option<Barrier> {
        let barrier = barriers.get().ok()?;
        barrier.wait().ok()?;
        Some(barrier)
    };
    let process = daemon().spawn(pass, (barriers.clone(),))?;
    barrier.wait()?;
    let same = process.join()?.ok_or("the process could not wait")?;
    let victim = start_waiter(&same, 0)?;
    victim.kill()?;
    assert!(victim.join().is_err());
    assert!(
        format!("{same:?}").contains("broken: Some(true)"),
        "{same:?}"
    );
    assert!(serde_json::to_string(&barrier).is_err());
    drop((barrier, barriers, process, same, victim));
    assert_eq!(with_participant(|me| me.verify())?, before);
    Ok(())
}
