//! Pools whose workers are in other processes, with which only the server connects them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "not every test needs all of it")]
mod hosts;
mod watchdog;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use hosts::system::{is_running, kill};
use hosts::{
    DIE, Gate, Host, PANIC, REVERSE, WAIT, ZEROS, next, poll, pool, pool_with, retries, submit,
};
use procession_cluster::Cluster;
use procession_cluster::pool::{DEFAULT, Upkeep};
use procession_engine::pool::TaskOptions;
use procession_engine::{PoolError, ProcessError};
use procession_test_server::{Fsync, Reply, Server, ServerCluster};
use rustix::process::Signal;
use watchdog::watch;

#[test]
fn host_process() {
    hosts::become_host();
}

fn server() -> (Server, String, Cluster) {
    let server = Server::start().unwrap();
    let (url, cluster) = connect(&server);
    (server, url, cluster)
}

fn connect(server: &Server) -> (String, Cluster) {
    let url = format!("{}?lease=1", server.url());
    let cluster = Cluster::connect(&url.parse().unwrap()).unwrap();
    (url, cluster)
}

fn none() -> TaskOptions {
    TaskOptions::default()
}

#[test]
fn tasks_are_carried_out_elsewhere_and_results_come_home_in_order() {
    let _watchdog = watch();
    let (_server, url, cluster) = server();
    let _host = Host::start(&url, 2, &[]);
    let pool = pool(&cluster);
    let job = submit(
        &pool,
        &REVERSE,
        none(),
        (0..300u32).map(|n| n.to_be_bytes().to_vec()),
    );
    for n in 0..300u32 {
        assert_eq!(next(&job).unwrap(), n.to_le_bytes());
    }
    poll("the slots are known", || pool.workers() == 2);
}

#[test]
fn errors_come_home_like_results() {
    let _watchdog = watch();
    let (_server, url, cluster) = server();
    let _host = Host::start(&url, 1, &["--name=heron"]);
    let pool = pool(&cluster);
    match next(&submit(&pool, &PANIC, none(), [b"oh dear".to_vec()])) {
        Err(PoolError::Panicked {
            message, location, ..
        }) => {
            assert_eq!(message, "oh dear");
            assert!(location.contains("hosts/mod.rs"), "{location}");
        }
        other => panic!("{other:?}"),
    }
    match next(&submit(&pool, &DIE, none(), [Vec::new()])) {
        Err(PoolError::WorkerLost { worker, cause, .. }) => {
            assert!(worker.contains("heron"), "{worker}");
            assert!(
                matches!(*cause, ProcessError::Signaled { signal: 6, .. }),
                "{cause}"
            );
        }
        other => panic!("{other:?}"),
    }
    let slow = Gate::new(_server.directory(), "slow");
    let options = TaskOptions {
        timeout: Some(Duration::from_millis(50)),
        ..none()
    };
    match next(&submit(&pool, &WAIT, options, [slow.argument()])) {
        Err(PoolError::TaskTimeout { .. }) => {}
        other => panic!("{other:?}"),
    }
}

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
fn all_results_arrive_although_the_server_forgets_everything() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 2, &[]);
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    let held = submit(&pool, &WAIT, retries(2), [gate.argument(), gate.argument()]);
    gate.wait_for(2);
    let waiting = submit(
        &pool,
        &REVERSE,
        retries(2),
        (0..200u32).map(|n| n.to_be_bytes().to_vec()),
    );
    server.command(&["FLUSHALL"]).unwrap();
    gate.open();
    for n in 0..200u32 {
        assert_eq!(next(&waiting).unwrap(), n.to_le_bytes());
    }
    next(&held).unwrap();
    next(&held).unwrap();
    assert!(held.next(None).unwrap().is_none());
}

#[test]
fn the_server_may_be_killed_and_come_back() {
    let _watchdog = watch();
    let server = Server::builder()
        .append_only(Fsync::Always)
        .start()
        .unwrap();
    let (url, cluster) = connect(&server);
    let _host = Host::start(&url, 2, &[]);
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    let held = submit(&pool, &WAIT, none(), [gate.argument()]);
    let worker = gate.wait_for(1);
    let waiting = submit(
        &pool,
        &REVERSE,
        none(),
        (0..200u32).map(|n| n.to_be_bytes().to_vec()),
    );
    server.kill().unwrap();
    server.restart().unwrap();
    gate.open();
    for n in 0..200u32 {
        assert_eq!(next(&waiting).unwrap(), n.to_le_bytes());
    }
    // Nobody was given up for dead because the server was away.
    assert_eq!(next(&held).unwrap(), worker.to_string().into_bytes());
    assert_eq!(gate.pids().len(), 1);
}

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

#[test]
fn tasks_of_another_build_are_left_alone_and_their_client_is_told_why() {
    let _watchdog = watch();
    let (_server, url, cluster) = server();
    let _host = Host::start(&url, 1, &["--name=heron"]);
    let ours = pool(&cluster);
    assert_eq!(
        next(&submit(&ours, &REVERSE, none(), [b"ab".to_vec()])).unwrap(),
        b"ba"
    );
    let other = pool_with(&cluster, |settings| {
        settings.code = "another".to_owned();
        settings.patience_for_hosts = Duration::ZERO;
    });
    match next(&submit(&other, &REVERSE, none(), [b"ab".to_vec()])) {
        Err(PoolError::NoWorkerHost { wanted, present }) => {
            assert!(wanted.contains("another"), "{wanted}");
            let build = procession_engine::build_id().unwrap().to_string();
            assert!(
                present[0].contains("heron") && present[0].contains(&build),
                "{present:?}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn at_most_so_many_tasks_of_a_limited_pool_are_with_hosts() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 3, &[]);
    let limited = pool_with(&cluster, |settings| settings.limit = Some(2));
    let gate = Gate::new(server.directory(), "gate");
    let job = submit(&limited, &WAIT, none(), (0..5).map(|_| gate.argument()));
    gate.wait_for(2);
    let unlimited = pool(&cluster);
    assert_eq!(
        next(&submit(&unlimited, &REVERSE, none(), [b"ab".to_vec()])).unwrap(),
        b"ba"
    );
    assert_eq!(gate.pids().len(), 2);
    gate.open();
    for _ in 0..5 {
        next(&job).unwrap();
    }
}

#[test]
fn a_pool_that_is_closed_can_be_joined() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 2, &[]);
    let pool = pool(&cluster);
    let job = submit(&pool, &REVERSE, none(), (0..50).map(|_| b"ab".to_vec()));
    pool.close();
    pool.join(None).unwrap();
    assert_eq!(job.resolved(), 50);
    poll("the client has taken its leave", || {
        server
            .command(&["ZCARD", "pc:default:{pool:default}:k"])
            .unwrap()
            == Reply::Integer(0)
    });
}

#[test]
fn more_urgent_tasks_are_begun_first() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    let pool = pool(&cluster);
    let [busy, late, soon] =
        ["busy", "late", "soon"].map(|name| Gate::new(server.directory(), name));
    let first = submit(&pool, &WAIT, none(), [busy.argument()]);
    busy.wait_for(1);
    let late_job = submit(&pool, &WAIT, none(), [late.argument()]);
    let urgent = TaskOptions {
        priority: 1,
        ..none()
    };
    let soon_job = submit(&pool, &WAIT, urgent, [soon.argument()]);
    poll("both are on the server", || {
        server
            .command(&["HLEN", "pc:default:{pool:default}:m"])
            .unwrap()
            == Reply::Integer(3)
    });
    busy.open();
    soon.wait_for(1);
    assert!(late.pids().is_empty());
    soon.open();
    late.open();
    for job in [first, late_job, soon_job] {
        next(&job).unwrap();
    }
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

#[test]
fn client_process() {
    hosts::become_client();
}

/// Whatever gets lost on the way, each task is carried out once.
#[test]
fn connections_may_break_at_any_time() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 2, &[]);
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    gate.open();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                server
                    .command(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])
                    .unwrap();
                thread::sleep(Duration::from_millis(3));
            }
        });
        for _ in 0..20 {
            let job = submit(&pool, &WAIT, none(), (0..20).map(|_| gate.argument()));
            for _ in 0..20 {
                next(&job).unwrap();
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(gate.pids().len(), 400);
}

#[test]
fn several_hosts_share_the_work() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _hosts = [Host::start(&url, 1, &[]), Host::start(&url, 1, &[])];
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    let job = submit(&pool, &WAIT, none(), [gate.argument(), gate.argument()]);
    gate.wait_for(2);
    gate.open();
    assert_ne!(next(&job).unwrap(), next(&job).unwrap());
    poll("both are counted", || pool.workers() == 2);
}

#[test]
fn a_host_of_several_pools_shares_its_workers_among_them() {
    let _watchdog = watch();
    let (_server, url, cluster) = server();
    let _host = Host::start(&url, 1, &["--pool=one", "--pool=two"]);
    for name in ["one", "two"] {
        let pool = hosts::pool_called(&cluster, name);
        assert_eq!(
            next(&submit(&pool, &REVERSE, none(), [b"ab".to_vec()])).unwrap(),
            b"ba"
        );
    }
}

#[test]
fn large_arguments_and_results_go_in_pieces_and_leave_nothing() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    let pool = pool(&cluster);
    // Nothing that could be compressed.
    let mut number = 1u64;
    let mut next_byte = || {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (number >> 56) as u8
    };
    let large: Vec<u8> = (0..1 << 20).map(|_| next_byte()).collect();
    let mut backwards = large.clone();
    backwards.reverse();
    assert!(next(&submit(&pool, &REVERSE, none(), [large])).unwrap() == backwards);
    let pieces = || {
        server
            .command(&["KEYS", "pc:default:{pool:default}:k:*"])
            .unwrap()
    };
    poll("the pieces are removed", || {
        pieces() == Reply::Array(Vec::new())
    });
}

#[test]
fn a_result_that_is_too_large_is_told_as_such() {
    let _watchdog = watch();
    let (_server, url, cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    let pool = pool(&cluster);
    let size = (65u64 << 20).to_string().into_bytes();
    match next(&submit(&pool, &ZEROS, none(), [size])) {
        Err(PoolError::TooLarge { bytes, limit }) => assert!(bytes > limit),
        other => panic!("{other:?}"),
    }
    let large = vec![0; 65 << 20];
    match next(&submit(&pool, &REVERSE, none(), [large])) {
        Err(PoolError::TooLarge { bytes, limit }) => assert!(bytes > limit),
        other => panic!("{:?}", other.map(|bytes| bytes.len())),
    }
}

#[test]
fn a_pool_can_be_looked_at_and_purged() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 1, &["--name=heron"]);
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    let running = submit(&pool, &WAIT, none(), [gate.argument()]);
    gate.wait_for(1);
    let waiting = submit(&pool, &REVERSE, none(), [b"ab".to_vec(), b"cd".to_vec()]);
    poll("all are on the server", || look(&cluster).unfinished == 3);
    let status = look(&cluster);
    let build = procession_engine::build_id().unwrap().to_string();
    let [waiting_ones] = status.waiting.as_slice() else {
        panic!("{status:?}");
    };
    assert_eq!(
        (waiting_ones.code.as_str(), waiting_ones.tasks),
        (build.as_str(), 2)
    );
    assert_eq!(
        (status.clients, status.counts.puts, status.counts.gots),
        (1, 3, 1)
    );
    let [host] = status.hosts.as_slice() else {
        panic!("{status:?}");
    };
    assert_eq!(
        (host.name.as_str(), host.slots, host.tasks.len()),
        ("heron", 1, 1)
    );
    assert_eq!(Upkeep::of(&cluster, DEFAULT).unwrap().purge().unwrap(), 2);
    for _ in 0..2 {
        match next(&waiting) {
            Err(PoolError::Refused { reason }) => assert!(reason.contains("purge"), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(look(&cluster).hosts.len(), 1);
    gate.open();
    next(&running).unwrap();
}

#[test]
fn a_dead_task_can_be_tried_once_more() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    let job = submit(&pool, &WAIT, none(), [gate.argument()]);
    kill(gate.wait_for(1));
    assert!(matches!(next(&job), Err(PoolError::WorkerLost { .. })));
    // Nobody waits for it any more.
    drop(pool);
    poll("the client has taken its leave", || {
        look(&cluster).clients == 0
    });
    let upkeep = Upkeep::of(&cluster, DEFAULT).unwrap();
    let dead = upkeep.dead(10).unwrap();
    assert_eq!(dead.len(), 1);
    assert!(dead[0].why.contains("lost"), "{dead:?}");
    assert!(upkeep.requeue_dead(&dead[0]).unwrap());
    assert!(!upkeep.requeue_dead(&dead[0]).unwrap());
    gate.wait_for(2);
    gate.open();
    poll("it is done", || look(&cluster).unfinished == 0);
    assert_eq!(upkeep.dead(10).unwrap(), []);
}

/// How the pool is.
fn look(cluster: &Cluster) -> procession_cluster::inspect::Pool {
    let mut pools = procession_cluster::inspect::pools(cluster).unwrap();
    pools.remove(0)
}

#[test]
fn the_primary_of_a_cluster_may_die() {
    let _watchdog = watch();
    let servers = ServerCluster::start().unwrap();
    let url = format!("{}?lease=1", servers.url());
    let cluster = Cluster::connect(&url.parse().unwrap()).unwrap();
    let _host = Host::start(&url, 2, &[]);
    let pool = pool(&cluster);
    let gate = Gate::new(servers.nodes()[0].directory(), "gate");
    let held = submit(&pool, &WAIT, retries(2), [gate.argument()]);
    gate.wait_for(1);
    let numbers = || (0..300u32).map(|n| n.to_be_bytes().to_vec());
    let before = submit(&pool, &REVERSE, retries(2), numbers());
    let slot = servers.slot_of("pc:default:{pool:default}:h").unwrap();
    servers.kill_primary_of(slot).unwrap();
    let after = submit(&pool, &REVERSE, retries(2), numbers());
    gate.open();
    for job in [before, after] {
        for n in 0..300u32 {
            assert_eq!(next(&job).unwrap(), n.to_le_bytes());
        }
    }
    next(&held).unwrap();
}
