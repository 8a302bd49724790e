//! Tasks that are taken back.

use super::*;

#[test]
fn a_cancelled_task_is_ended_wherever_it_runs() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    let running = submit(&pool, &WAIT, retries(2), [gate.argument()]);
    let worker = gate.wait_for(1);
    let waiting = submit(&pool, &WAIT, retries(2), [gate.argument()]);
    assert_eq!(waiting.cancel().unwrap(), 1);
    assert_eq!(running.cancel().unwrap(), 1);
    assert!(matches!(next(&running), Err(PoolError::Cancelled)));
    poll("the worker is killed", || !is_running(worker));
    // The host goes on, and what was cancelled is never begun.
    assert_eq!(
        next(&submit(&pool, &REVERSE, none(), [b"ab".to_vec()])).unwrap(),
        b"ba"
    );
    assert_eq!(gate.pids().len(), 1);
    let left = server
        .command(&["HLEN", "pc:default:{pool:default}:m"])
        .unwrap();
    assert_eq!(left, Reply::Integer(0));
}

#[test]
fn waiting_tasks_can_be_taken_back_and_running_ones_go_on() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    let job = submit(&pool, &WAIT, none(), [gate.argument()]);
    gate.wait_for(1);
    let others = submit(&pool, &REVERSE, none(), (0..10).map(|_| b"ab".to_vec()));
    assert_eq!(others.cancel_waiting().unwrap(), 10);
    assert_eq!(job.cancel_waiting().unwrap(), 0);
    gate.open();
    next(&job).unwrap();
}
