//! Semaphores among threads.

mod session;

use std::error::Error as StdError;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use procession_arena::{Error, Participant, Result, Wait};
use procession_objects::{Event, PermitRule, Semaphore};
use session::Session;

type Outcome = Result<(), Box<dyn StdError>>;

const RULES: [PermitRule; 3] = [
    PermitRule::Plain,
    PermitRule::Bounded,
    PermitRule::Attributed,
];

/// Long enough that no test sees its end, if all is well.
fn long() -> Wait {
    Wait::Until(Instant::now() + Duration::from_secs(60))
}

fn wait_for_sleepers(me: &Participant, count: usize) -> Result<()> {
    while me.arena().sleeping_threads()? != count {
        thread::yield_now();
    }
    Ok(())
}

#[test]
fn permits_are_taken_and_given_back() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    for rule in RULES {
        let semaphore = Semaphore::create(&me, 2, rule)?;
        assert_eq!((semaphore.rule(), semaphore.initial()), (rule, 2));
        assert_eq!(semaphore.value(&me)?, 2);
        semaphore.acquire(&me, Wait::Never)?;
        semaphore.acquire(&me, Wait::Forever)?;
        assert_eq!(semaphore.value(&me)?, 0);
        for wait in [Wait::Never, Wait::Until(Instant::now())] {
            let refused = semaphore.acquire(&me, wait);
            assert!(matches!(refused, Err(Error::TimedOut)), "{rule:?}");
        }
        semaphore.release(&me, 0)?;
        assert_eq!(semaphore.value(&me)?, 0);
        semaphore.release(&me, 2)?;
        assert_eq!(semaphore.value(&me)?, 2);
        semaphore.detach(&me)?;
    }
    assert_eq!(me.verify()?.blocks, 0);
    Ok(())
}

#[test]
fn a_release_of_too_many_is_refused_and_changes_nothing() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let bounded = Semaphore::create(&me, 2, PermitRule::Bounded)?;
    bounded.acquire(&me, Wait::Never)?;
    for count in [2, u32::MAX] {
        let refused = bounded.release(&me, count);
        assert!(matches!(refused, Err(Error::ReleasedTooOften { bound: 2 })));
    }
    assert_eq!(bounded.value(&me)?, 1);
    bounded.release(&me, 1)?;

    let attributed = Semaphore::create(&me, 2, PermitRule::Attributed)?;
    attributed.acquire(&me, Wait::Never)?;
    assert!(matches!(attributed.release(&me, 2), Err(Error::NotHeld)));
    assert_eq!(attributed.value(&me)?, 1);

    let plain = Semaphore::create(&me, u32::MAX - 1, PermitRule::Plain)?;
    plain.release(&me, 1)?;
    let refused = plain.release(&me, 1);
    assert!(matches!(
        refused,
        Err(Error::TooManyPermits { limit: u32::MAX })
    ));
    assert_eq!(plain.value(&me)?, u32::MAX);
    Ok(())
}

#[test]
fn a_plain_semaphore_gets_more_permits_than_it_had() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let semaphore = Semaphore::create(&me, 0, PermitRule::Plain)?;
    semaphore.release(&me, 3)?;
    assert_eq!(semaphore.value(&me)?, 3);
    Ok(())
}

#[test]
fn another_process_can_release_only_what_nobody_keeps_account_of() -> Outcome {
    let session = Session::new()?;
    let (me, other) = (session.thread()?, session.thread_of_another_process()?);
    for rule in RULES {
        let semaphore = Semaphore::create(&me, 1, rule)?;
        semaphore.acquire(&me, Wait::Never)?;
        let same = Semaphore::attach(&other, semaphore.handle())?;
        let released = same.release(&other, 1);
        match rule {
            PermitRule::Attributed => assert!(matches!(released, Err(Error::NotHeld))),
            PermitRule::Plain | PermitRule::Bounded => released?,
        }
        same.detach(&other)?;
    }
    Ok(())
}

#[test]
fn attributed_permits_come_back_with_the_last_handle_of_a_process() -> Outcome {
    let session = Session::new()?;
    let (me, other) = (session.thread()?, session.thread_of_another_process()?);
    let semaphore = Semaphore::create(&me, 3, PermitRule::Attributed)?;
    semaphore.acquire(&me, Wait::Never)?;
    let same = Semaphore::attach(&other, semaphore.handle())?;
    let again = Semaphore::attach(&other, semaphore.handle())?;
    same.acquire(&other, Wait::Never)?;
    again.acquire(&other, Wait::Never)?;
    assert_eq!(semaphore.value(&me)?, 0);
    again.detach(&other)?;
    assert_eq!(semaphore.value(&me)?, 0, "the process still has a handle");
    same.detach(&other)?;
    assert_eq!(semaphore.value(&me)?, 2);
    Ok(())
}

#[test]
fn a_release_of_many_wakes_as_many() -> Outcome {
    const ROUNDS: u32 = 10;
    for rule in [PermitRule::Plain, PermitRule::Attributed] {
        let session = Session::new()?;
        let me = session.thread()?;
        let semaphore = Semaphore::create(&me, 3, rule)?;
        for _ in 0..3 {
            semaphore.acquire(&me, Wait::Never)?;
        }
        for _ in 0..ROUNDS {
            thread::scope(|scope| -> Result<()> {
                let waiters: Vec<_> = (0..3)
                    .map(|_| scope.spawn(|| semaphore.acquire(&session.thread()?, long())))
                    .collect();
                wait_for_sleepers(&me, 3)?;
                semaphore.release(&me, 3)?;
                waiters
                    .into_iter()
                    .try_for_each(|waiter| waiter.join().unwrap_or(Err(Error::Closed)))
            })?;
            assert_eq!(semaphore.value(&me)?, 0);
        }
        assert_eq!(me.arena().rescued_wakes()?, 0);
        // A slice may end by chance in the very moment of the wake; hardly ever often in a test.
        let late = me.arena().late_wakes()?;
        assert!(late < u64::from(ROUNDS), "{late} were not woken");
    }
    Ok(())
}

#[test]
fn never_more_are_inside_than_there_are_permits() -> Outcome {
    for rule in RULES {
        let session = Session::new()?;
        let me = session.thread()?;
        let semaphore = Semaphore::create(&me, 2, rule)?;
        let inside = AtomicU32::new(0);
        let work = |me: &Participant| -> Result<()> {
            let semaphore = Semaphore::attach(me, semaphore.handle())?;
            for _ in 0..2_000 {
                semaphore.acquire(me, long())?;
                assert!(inside.fetch_add(1, Ordering::SeqCst) < 2, "{rule:?}");
                thread::yield_now();
                inside.fetch_sub(1, Ordering::SeqCst);
                semaphore.release(me, 1)?;
            }
            semaphore.detach(me)
        };
        thread::scope(|scope| -> Result<()> {
            let workers: Vec<_> = (0..5)
                .map(|number| {
                    let (work, session) = (&work, &session);
                    scope.spawn(move || match number {
                        0 => work(&session.thread_of_another_process()?),
                        _ => work(&session.thread()?),
                    })
                })
                .collect();
            workers
                .into_iter()
                .try_for_each(|worker| worker.join().unwrap_or(Err(Error::Closed)))
        })?;
        assert_eq!(semaphore.value(&me)?, 2);
        assert_eq!(me.arena().rescued_wakes()?, 0);
    }
    Ok(())
}

/// Without any sleep in between: two threads, at the same moment, each see that one permit is free.
#[test]
fn two_do_not_get_the_same_permit() -> Outcome {
    for rule in RULES {
        let session = Session::new()?;
        let me = session.thread()?;
        let semaphore = Semaphore::create(&me, 1, rule)?;
        let inside = AtomicU32::new(0);
        let race = || -> Result<()> {
            let me = session.thread()?;
            for _ in 0..50_000 {
                if semaphore.acquire(&me, Wait::Never).is_ok() {
                    assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "{rule:?}");
                    inside.fetch_sub(1, Ordering::SeqCst);
                    semaphore.release(&me, 1)?;
                }
            }
            Ok(())
        };
        thread::scope(|scope| -> Result<()> {
            let racers = [scope.spawn(race), scope.spawn(race)];
            racers
                .into_iter()
                .try_for_each(|racer| racer.join().unwrap_or(Err(Error::Closed)))
        })?;
        assert_eq!(semaphore.value(&me)?, 1);
    }
    Ok(())
}

#[test]
fn a_handle_of_something_else_is_refused() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let event = Event::create(&me)?;
    let refused = Semaphore::attach(&me, event.handle()).map(drop);
    assert!(matches!(
        refused,
        Err(Error::WrongKind {
            expected: "semaphore",
            found: "event",
            ..
        })
    ));
    event.detach(&me)?;
    let gone = Semaphore::attach(&me, event.handle()).map(drop);
    assert!(matches!(gone, Err(Error::StaleHandle { .. })));
    Ok(())
}
