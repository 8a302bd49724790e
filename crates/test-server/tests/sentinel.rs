//! Sentinels make a replica the primary.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use procession_test_server::{Builder, Reply, Sentinel, Server};
use watchdog::watch;

fn take_over(settings: &Builder) {
    let [primary, replica] = [(); 2].map(|()| settings.clone().start().unwrap());
    replica.replica_of(&primary).unwrap();
    let sentinel = Sentinel::start(&primary).unwrap();
    sentinel.until_primary_is(&primary).unwrap();
    primary.kill().unwrap();
    sentinel.until_primary_is(&replica).unwrap();
    let reply = replica.command(&["SET", "key", "value"]).unwrap();
    assert_eq!(reply, Reply::Status("OK".into()));
}

#[test]
fn a_replica_takes_over() {
    let _watchdog = watch("a_replica_takes_over");
    take_over(&Server::builder());
}

#[test]
fn a_replica_takes_over_with_a_password() {
    let _watchdog = watch("a_replica_takes_over_with_a_password");
    take_over(&Server::builder().password("s3cret"));
}

#[test]
fn without_replicas_there_is_only_the_primary() {
    let _watchdog = watch("without_replicas_there_is_only_the_primary");
    let primary = Server::start().unwrap();
    let sentinel = Sentinel::start(&primary).unwrap();
    sentinel.until_primary_is(&primary).unwrap();
    assert_eq!(sentinel.nodes().len(), 3);
}
