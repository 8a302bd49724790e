//! Events among threads.

mod session;

use std::error::Error as StdError;
use std::thread;
use std::time::{Duration, Instant};

use procession_arena::{Error, Participant, Result, Wait};
use procession_objects::Event;
use session::Session;

type Outcome = Result<(), Box<dyn StdError>>;

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
fn it_is_set_until_it_is_cleared() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let event = Event::create(&me)?;
    for _ in 0..3 {
        assert!(!event.is_set(&me)?);
        for wait in [Wait::Never, Wait::Until(Instant::now())] {
            assert!(matches!(event.wait(&me, wait), Err(Error::TimedOut)));
        }
        event.set(&me)?;
        event.set(&me)?;
        assert!(event.is_set(&me)?);
        event.wait(&me, Wait::Never)?;
        event.wait(&me, Wait::Forever)?;
        event.clear(&me)?;
        event.clear(&me)?;
    }
    event.detach(&me)?;
    assert_eq!(me.verify()?.blocks, 0);
    Ok(())
}

#[test]
fn whoever_waits_when_it_is_set_goes_on_even_if_it_is_cleared_at_once() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let event = Event::create(&me)?;
    for _ in 0..50 {
        thread::scope(|scope| -> Result<()> {
            let waiters: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| event.wait(&session.thread()?, long())))
                .collect();
            wait_for_sleepers(&me, 4)?;
            event.set(&me)?;
            event.clear(&me)?;
            waiters
                .into_iter()
                .try_for_each(|waiter| waiter.join().unwrap_or(Err(Error::Closed)))
        })?;
        assert!(matches!(event.wait(&me, Wait::Never), Err(Error::TimedOut)));
    }
    assert_eq!(me.arena().rescued_wakes()?, 0);
    Ok(())
}

#[test]
fn two_threads_take_turns() -> Outcome {
    let session = Session::new()?;
    let me = session.thread()?;
    let (ping, pong) = (Event::create(&me)?, Event::create(&me)?);
    thread::scope(|scope| -> Result<()> {
        let partner = scope.spawn(|| -> Result<()> {
            let me = session.thread()?;
            for _ in 0..2_000 {
                ping.wait(&me, long())?;
                ping.clear(&me)?;
                pong.set(&me)?;
            }
            Ok(())
        });
        for _ in 0..2_000 {
            ping.set(&me)?;
            pong.wait(&me, long())?;
            pong.clear(&me)?;
        }
        partner.join().unwrap_or(Err(Error::Closed))
    })?;
    assert_eq!(me.arena().rescued_wakes()?, 0);
    Ok(())
}
