//! Connections that break before the answer has arrived.

use std::sync::atomic::{AtomicBool, Ordering};

use procession_test_server::Fsync;

use super::*;
use crate::watchdog::watch;

#[test]
fn connections_are_killed_at_random_and_nothing_is_counted_twice() -> TestResult {
    let _watchdog = watch();
    let server = Server::start()?;
    let counter = Counter::create(&server.url(), "killed")?;
    let is_over = AtomicBool::new(false);
    let killed = thread::scope(|scope| {
        let killer = scope.spawn(|| -> Result<i64, std::io::Error> {
            let mut connection = server.connect()?;
            let mut ask = |words: &[&str]| -> Result<i64, std::io::Error> {
                let answer = connection.command(words)?.accepted()?.text();
                Ok(answer.and_then(|count| count.parse().ok()).unwrap_or(0))
            };
            let (mut killed, mut seen) = (0, 0);
            let number = counter.object.key("v");
            while !is_over.load(Ordering::Relaxed) {
                // Were they killed all the time, nothing would ever be done.
                if ask(&["GET", &number])? >= seen + 10 {
                    killed += ask(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])?;
                    seen = ask(&["GET", &number])?;
                }
            }
            Ok(killed)
        });
        let outcome = counter.add_during(500, || Ok(()));
        is_over.store(true, Ordering::Relaxed);
        let killed = killer.join().expect("no panic");
        outcome.and(killed.map_err(Box::<dyn Error>::from))
    })?;
    assert!(killed > 50, "only {killed} connections were killed");
    assert_eq!(counter.number()?, i64::from(THREADS * 500));
    Ok(())
}

#[test]
fn idle_connections_of_a_server_that_was_restarted_cost_no_attempt() -> TestResult {
    let _watchdog = watch();
    let server = Server::builder().append_only(Fsync::Always).start()?;
    let counter = Counter::create(&server.url(), "restarted")?;
    counter.add_during(20, || Ok(()))?;
    for number in 1..=10 {
        server.restart()?;
        let nonce = format!("{number:032}");
        let added = counter.add_as(&nonce, Effort::Once)?;
        assert_eq!(added, i64::from(THREADS * 20) + number);
    }
    Ok(())
}

#[test]
fn a_lane_in_which_a_call_may_still_arrive_is_not_used_again() -> TestResult {
    let _watchdog = watch();
    let server = Server::start()?;
    let counter = Counter::create(&server.url(), "late")?;
    counter.add()?;
    server.pause()?;
    let silent = counter.add_as("late", Effort::Once);
    assert!(
        matches!(&silent, Err(ClusterError::Unavailable { reason, .. }) if reason.contains("not answered") && reason.contains("not known")),
        "{silent:?}"
    );
    server.resume()?;
    let added = counter.add_as("next", Effort::Patient)?;
    // That one has its record in another lane, and would be found even if the late one arrived only now.
    let pattern = counter.object.key("rq:*");
    let lanes = server.command(&["KEYS", &pattern])?.accepted()?;
    assert_eq!(lanes.items().len(), 2, "{lanes:?}");
    assert_eq!(counter.number()?, added);
    Ok(())
}
