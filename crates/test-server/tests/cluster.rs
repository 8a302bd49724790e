//! Six servers that share the keys between them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::collections::BTreeSet;

use procession_test_server::{Builder, Fsync, Reply, Server, ServerCluster};
use watchdog::watch;

/// Keys of different slots, with their owners, are set and found.
fn serves_every_primary(cluster: &ServerCluster) -> BTreeSet<u16> {
    (0..60)
        .map(|number| {
            let key = format!("key {number}");
            let primary = cluster.primary_of(cluster.slot_of(&key).unwrap()).unwrap();
            let reply = primary.command(&["SET", key.as_str(), "value"]).unwrap();
            assert_eq!(reply, Reply::Status("OK".into()));
            primary.port()
        })
        .collect()
}

#[test]
fn every_slot_has_a_primary_and_a_replica() {
    let _watchdog = watch("every_slot_has_a_primary_and_a_replica");
    let cluster = ServerCluster::start().unwrap();
    assert_eq!(serves_every_primary(&cluster).len(), 3);
    let mut replicas = BTreeSet::new();
    for slot in [0, 5461, 5462, 10_923, 10_924, 16_383] {
        let of_slot = cluster.replicas_of(slot).unwrap();
        assert_eq!(of_slot.len(), 1, "slot {slot}");
        replicas.extend(of_slot.iter().map(|node| node.port()));
    }
    assert_eq!(replicas.len(), 3);
    for node in cluster.nodes() {
        assert!(
            cluster
                .url()
                .contains(&format!("127.0.0.1:{}", node.port()))
        );
    }
}

#[test]
fn a_replica_takes_over_and_the_dead_come_back() {
    let _watchdog = watch("a_replica_takes_over_and_the_dead_come_back");
    let cluster = ServerCluster::start().unwrap();
    let key = "pc:shop:{queue:orders}:h";
    let slot = cluster.slot_of(key).unwrap();
    let first = cluster.primary_of(slot).unwrap();
    first
        .command(&["SET", key, "kept"])
        .unwrap()
        .accepted()
        .unwrap();
    let replicated = first.command(&["WAIT", "1", "10000"]).unwrap();
    assert_eq!(replicated, Reply::Integer(1));

    let killed = cluster.kill_primary_of(slot).unwrap();
    assert_eq!(killed.port(), first.port());
    let second = cluster.primary_of(slot).unwrap();
    assert_ne!(second.port(), first.port());
    cluster.until_ok().unwrap();
    assert_eq!(
        second.command(&["GET", key]).unwrap(),
        Reply::Bytes(b"kept".to_vec())
    );

    // It may still take itself for the primary.
    killed.restart().unwrap();
    assert_eq!(cluster.primary_of(slot).unwrap().port(), second.port());
    cluster.until_ok().unwrap();
    assert_eq!(cluster.primary_of(slot).unwrap().port(), second.port());
}

#[test]
fn a_replica_takes_over_from_a_paused_primary() {
    let _watchdog = watch("a_replica_takes_over_from_a_paused_primary");
    let cluster = ServerCluster::start().unwrap();
    let first = cluster.primary_of(0).unwrap();
    first.pause().unwrap();
    let second = cluster.primary_of(0).unwrap();
    assert_ne!(second.port(), first.port());
    first.resume().unwrap();
    cluster.until_ok().unwrap();
    assert_eq!(cluster.primary_of(0).unwrap().port(), second.port());
}

#[test]
fn a_cluster_has_the_settings_of_its_servers() {
    let _watchdog = watch("a_cluster_has_the_settings_of_its_servers");
    let settings: Builder = Server::builder()
        .append_only(Fsync::EverySecond)
        .password("s3cret")
        .tls()
        .argument("cluster-node-timeout", "3000");
    let cluster = ServerCluster::start_with(&settings).unwrap();
    assert!(cluster.url().starts_with("rediss://:s3cret@127.0.0.1:"));
    assert_eq!(serves_every_primary(&cluster).len(), 3);
    for node in cluster.nodes() {
        let timeout = node
            .command(&["CONFIG", "GET", "cluster-node-timeout"])
            .unwrap();
        assert_eq!(
            timeout.items().last().and_then(Reply::text).as_deref(),
            Some("3000")
        );
        assert_eq!(node.info("aof_enabled").unwrap(), "1");
        assert!(
            cluster.url().contains(
                &node
                    .url()
                    .split('@')
                    .nth(1)
                    .unwrap()
                    .trim_end_matches('/')
                    .to_owned()
            )
        );
    }
}
