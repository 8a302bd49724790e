//! A server that dies, forgets, or cannot be reached.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::*;

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

/// One that is so large that it goes in pieces, before anybody has told the server of the pool again.
#[test]
fn a_large_task_is_put_into_a_pool_that_the_server_has_forgotten() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    let pool = pool(&cluster);
    let small = submit(&pool, &REVERSE, none(), [b"ab".to_vec()]);
    assert_eq!(next(&small).unwrap(), b"ba");
    let large = noise();
    let backwards: Vec<u8> = large.iter().rev().copied().collect();
    server.command(&["FLUSHALL"]).unwrap();
    let job = submit(&pool, &REVERSE, none(), [large]);
    assert!(next(&job).unwrap() == backwards);
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
