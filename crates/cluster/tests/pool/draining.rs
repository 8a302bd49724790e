//! Hosts that are told to stop.

use super::*;

#[test]
fn a_host_that_is_told_to_stop_ends_what_runs_and_gives_back_the_rest() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let mut first = Host::start(&url, 1, &[]);
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    let running = submit(&pool, &WAIT, none(), [gate.argument()]);
    let worker = gate.wait_for(1);
    let waiting = submit(&pool, &REVERSE, none(), [b"ab".to_vec()]);
    first.signal(Signal::TERM);
    let _second = Host::start(&url, 1, &[]);
    assert_eq!(next(&waiting).unwrap(), b"ba");
    gate.open();
    assert_eq!(next(&running).unwrap(), worker.to_string().into_bytes());
    assert!(first.wait().success());
}

#[test]
fn a_host_whose_time_to_drain_is_over_kills_and_no_attempt_is_counted() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let mut first = Host::start(&url, 1, &["--drain=0"]);
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    let job = submit(&pool, &WAIT, none(), [gate.argument()]);
    let worker = gate.wait_for(1);
    first.signal(Signal::TERM);
    assert!(first.wait().success());
    assert!(!is_running(worker));
    let _second = Host::start(&url, 1, &[]);
    let worker = gate.wait_for(2);
    gate.open();
    assert_eq!(next(&job).unwrap(), worker.to_string().into_bytes());
}

#[test]
fn a_second_request_to_stop_does_not_wait() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let mut host = Host::start(&url, 1, &["--drain=3600"]);
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    let _job = submit(&pool, &WAIT, none(), [gate.argument()]);
    let worker = gate.wait_for(1);
    // Two signals that come together are one.
    poll("the host ends", || {
        host.signal(Signal::TERM);
        !is_running(host.pid())
    });
    assert!(host.wait().success());
    assert!(!is_running(worker));
}
