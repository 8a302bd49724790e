//! What operators see and do.

use super::*;

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
