//! Events on a server.
#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a test that panics has failed"
)]

mod members;
mod watchdog;

use std::thread;
use std::time::{Duration, Instant};

use members::{TestResult, process, server};
use procession_arena::Wait;
use procession_cluster::ClusterError;
use procession_cluster::event::Event;
use watchdog::watch;

#[test]
fn an_event_is_set_and_cleared() -> TestResult {
    let _watchdog = watch();
    let event = Event::create(&process(server(), "a"), None)?;
    assert!(!event.is_set()?);
    assert!(!event.wait(Wait::Never)?);
    event.set()?;
    assert!(event.wait(Wait::Forever)?);
    event.clear()?;
    assert!(!event.wait(Wait::Until(Instant::now() + Duration::from_millis(5)))?);
    Ok(())
}

#[test]
fn setting_wakes_all() -> TestResult {
    let _watchdog = watch();
    let event = Event::create(&process(server(), "a"), Some("start"))?;
    let waiters: Vec<_> = (0..5)
        .map(|_| {
            thread::spawn({
                let event = event.clone();
                move || event.wait(Wait::Forever)
            })
        })
        .collect();
    event.set()?;
    for waiter in waiters {
        assert_eq!(waiter.join().expect("no panic"), Ok(true));
    }
    Ok(())
}

#[test]
fn an_event_that_was_unlinked_is_gone() -> TestResult {
    let _watchdog = watch();
    let event = Event::create(&process(server(), "a"), None)?;
    event.object().unlink()?;
    assert!(matches!(event.is_set(), Err(ClusterError::Gone { .. })));
    assert!(matches!(event.set(), Err(ClusterError::Gone { .. })));
    Ok(())
}

#[test]
fn who_waited_when_it_was_set_goes_on_although_it_is_cleared() -> TestResult {
    let _watchdog = watch();
    let event = Event::create(&process(server(), "a"), None)?;
    let mut waiting = event.begin_wait()?;
    assert!(!waiting.wait(Wait::Never)?);
    event.set()?;
    event.clear()?;
    assert!(waiting.wait(Wait::Forever)?);
    assert!(!event.wait(Wait::Never)?);
    Ok(())
}
