//! Tasks that hosts carry out.

use super::*;

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
