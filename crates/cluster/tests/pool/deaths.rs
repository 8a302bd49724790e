//! Deaths of workers, hosts and clients.

use super::*;

#[test]
fn a_task_whose_worker_is_killed_is_run_again_at_once() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    let job = submit(&pool, &WAIT, retries(1), [gate.argument()]);
    kill(gate.wait_for(1));
    let second = gate.wait_for(2);
    gate.open();
    assert_eq!(next(&job).unwrap(), second.to_string().into_bytes());
}

#[test]
fn a_task_that_kills_its_workers_is_given_up_and_kept_among_the_dead() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    let pool = pool(&cluster);
    let job = submit(&pool, &DIE, retries(2), [Vec::new()]);
    assert!(matches!(next(&job), Err(PoolError::WorkerLost { .. })));
    let dead = server
        .command(&["XLEN", "pc:default:{pool:default}:d"])
        .unwrap();
    assert_eq!(dead, Reply::Integer(1));
}

#[test]
fn tasks_of_a_host_that_is_killed_go_to_another() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let first = Host::start(&url, 1, &["--name=first"]);
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    let job = submit(&pool, &WAIT, retries(1), [gate.argument()]);
    gate.wait_for(1);
    let _second = Host::start(&url, 1, &["--name=second"]);
    first.signal(Signal::KILL);
    let worker = gate.wait_for(2);
    gate.open();
    assert_eq!(next(&job).unwrap(), worker.to_string().into_bytes());
}

#[test]
fn a_task_without_retries_is_lost_with_its_host() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let first = Host::start(&url, 1, &["--name=first"]);
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    let job = submit(&pool, &WAIT, none(), [gate.argument()]);
    gate.wait_for(1);
    first.signal(Signal::KILL);
    let _second = Host::start(&url, 1, &["--name=second"]);
    match next(&job) {
        Err(PoolError::HostLost { host, attempts: 1 }) => assert_eq!(host, "first"),
        other => panic!("{other:?}"),
    }
    assert_eq!(gate.pids().len(), 1);
}

#[test]
fn a_host_that_was_stopped_for_too_long_is_not_believed() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let first = Host::start(&url, 1, &["--name=first"]);
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    let job = submit(&pool, &WAIT, retries(1), [gate.argument()]);
    let zombie = gate.wait_for(1);
    first.signal(Signal::STOP);
    let _second = Host::start(&url, 1, &["--name=second"]);
    let worker = gate.wait_for(2);
    first.signal(Signal::CONT);
    // Its host is told, and ends it.
    poll("the worker is killed", || !is_running(zombie));
    gate.open();
    assert_eq!(next(&job).unwrap(), worker.to_string().into_bytes());
    // It goes on with a new life.
    drop(_second);
    assert_eq!(
        next(&submit(&pool, &REVERSE, retries(1), [b"ab".to_vec()])).unwrap(),
        b"ba"
    );
}

#[test]
fn tasks_of_a_client_that_is_killed_are_dropped() {
    let _watchdog = watch();
    let (server, url, _cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    let [running, waiting] = ["running", "waiting"].map(|name| Gate::new(server.directory(), name));
    let mut client = hosts::start_client(&url, &[&running, &waiting]);
    running.wait_for(1);
    client.kill().unwrap();
    client.wait().unwrap();
    let count = |part: &str| {
        server
            .command(&["ZCARD", &format!("pc:default:{{pool:default}}:{part}")])
            .unwrap()
    };
    poll("the client is missed", || count("k") == Reply::Integer(0));
    running.open();
    poll("nothing is left", || {
        server
            .command(&["HLEN", "pc:default:{pool:default}:m"])
            .unwrap()
            == Reply::Integer(0)
    });
    assert!(waiting.pids().is_empty());
}
