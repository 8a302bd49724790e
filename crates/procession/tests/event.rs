//! Events among processes.

mod watchdog;

use std::error::Error;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use procession::{Event, Process, ProcessBuilder, Queue, SharedError};
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

fn park_for_ever() {
    loop {
        thread::park();
    }
}

#[test]
fn everybody_who_waits_goes_on_even_if_it_is_cleared_at_once() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let event = Event::new()?;
    let mut waiters = Vec::new();
    for _ in 0..3 {
        waiters.push(daemon().spawn(|event: Event| event.wait(), (event.clone(),))?);
    }
    wait_for_sleepers(3)?;
    event.set()?;
    event.clear()?;
    for waiter in waiters {
        waiter.join()??;
    }
    assert!(!event.is_set()?);
    assert_eq!(rescued_wakes()?, 0);
    Ok(())
}

#[test]
fn two_processes_take_turns() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    const ROUNDS: u32 = 500;
    let (ping, pong) = (Event::new()?, Event::new()?);
    let answer = |ping: Event, pong: Event| -> Result<(), SharedError> {
        for _ in 0..ROUNDS {
            ping.wait()?;
            ping.clear()?;
            pong.set()?;
        }
        Ok(())
    };
    let partner = daemon().spawn(answer, (ping.clone(), pong.clone()))?;
    for _ in 0..ROUNDS {
        ping.set()?;
        pong.wait()?;
        pong.clear()?;
    }
    partner.join()??;
    assert_eq!(rescued_wakes()?, 0);
    Ok(())
}

#[test]
fn a_killed_waiter_takes_nothing_from_the_others() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let event = Event::new()?;
    for _ in 0..5 {
        let wait = |event: Event| event.wait();
        let victim = daemon().spawn(wait, (event.clone(),))?;
        let other = daemon().spawn(wait, (event.clone(),))?;
        wait_for_sleepers(2)?;
        victim.kill()?;
        event.set()?;
        other.join()??;
        event.clear()?;
        // It may have been woken before it was killed.
        let _ = victim.join();
    }
    assert_eq!(rescued_wakes()?, 0);
    Ok(())
}

#[test]
fn what_a_killed_process_has_set_stays_set() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let event = Event::new()?;
    let setter = daemon().spawn(
        |event: Event| {
            let _ = event.set();
            park_for_ever();
        },
        (event.clone(),),
    )?;
    event.wait()?;
    setter.kill()?;
    assert!(setter.join().is_err());
    assert!(event.is_set()?);
    event.wait()?;
    Ok(())
}

#[test]
fn a_wait_ends_in_time() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    let event = Event::new()?;
    assert_eq!(event.wait_timeout(SHORT), Err(SharedError::TimedOut));
    assert_eq!(
        event.wait_timeout(Duration::ZERO),
        Err(SharedError::TimedOut)
    );
    event.set()?;
    event.wait_timeout(Duration::ZERO)?;
    event.wait_timeout(Duration::MAX)?;
    Ok(())
}

#[test]
fn a_handle_travels_and_nothing_is_left() -> TestResult {
    procession::init_test!();
    let _watchdog = watch();
    let _alone = alone();
    daemon().spawn(|| (), ())?.join()?;
    let before = with_participant(|me| me.verify())?;
    let event = Event::new()?;
    let events = Queue::new()?;
    events.put(&event)?;
    let set = |events: Queue<Event>| -> Option<Event> {
        let event = events.get().ok()?;
        event.set().ok()?;
        Some(event)
    };
    let same = daemon().spawn(set, (events.clone(),))?.join()?;
    let same = same.ok_or("the process could not set it")?;
    assert!(event.is_set()? && same.is_set()?);
    assert!(format!("{same:?}").contains("set: Some(true)"), "{same:?}");
    assert!(serde_json::to_string(&event).is_err());
    let holder = daemon().spawn(
        |event: Event| {
            let _ = (event.clear(), Event::new());
            park_for_ever();
        },
        (event.clone(),),
    )?;
    while event.is_set()? {
        thread::yield_now();
    }
    holder.kill()?;
    assert!(holder.join().is_err());
    drop((event, same, events, holder));
    assert_eq!(with_participant(|me| me.verify())?, before);
    Ok(())
}
