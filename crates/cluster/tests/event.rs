//! Events on a server.

mod watchdog;

use std::error::Error;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use procession_arena::Wait;
use procession_cluster::event::Event;
use procession_cluster::{Cluster, ClusterError};
use procession_test_server::Server;
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

fn cluster() -> Result<Cluster, Box<dyn Error>> {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let server = SERVER.get_or_init(|| Server::start().expect("a server"));
    Ok(Cluster::connect(&server.url().parse()?)?)
}

#[test]
fn an_event_is_set_and_cleared() -> TestResult {
    let _watchdog = watch();
    let event = Event::create(&cluster()?, None)?;
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
    let event = Event::create(&cluster()?, Some("start"))?;
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
    let event = Event::create(&cluster()?, None)?;
    event.object().unlink()?;
    assert!(matches!(event.is_set(), Err(ClusterError::Gone { .. })));
    assert!(matches!(event.set(), Err(ClusterError::Gone { .. })));
    Ok(())
}
