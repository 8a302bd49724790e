//! Servers that sentinels watch over.

use procession_test_server::Sentinel;

use super::*;
use crate::watchdog::watch;

fn url(sentinel: &Sentinel, login: &str, service: &str) -> String {
    let hosts: Vec<String> = sentinel
        .nodes()
        .iter()
        .map(|node| format!("127.0.0.1:{}", node.port()))
        .collect();
    format!("redis+sentinel://{login}{}/{service}", hosts.join(","))
}

#[test]
fn the_primary_is_killed_and_the_sentinels_name_another() -> TestResult {
    let _watchdog = watch();
    let [primary, replica] = [Server::start()?, Server::start()?];
    replica.replica_of(&primary)?;
    let sentinel = Sentinel::start(&primary)?;
    let counter = Counter::create(&url(&sentinel, "", Sentinel::SERVICE), "watched")?;
    counter.add_during(1000, || {
        while counter.number()? < 100 {}
        primary.kill()?;
        Ok(sentinel.until_primary_is(&replica)?)
    })?;
    assert_no_more_is_lost_than_replication_may_lose(counter.number()?, THREADS * 1000);
    Ok(())
}

#[test]
fn the_servers_password_is_not_the_sentinels() -> TestResult {
    let _watchdog = watch();
    let primary = Server::builder().password("secret").start()?;
    let sentinel = Sentinel::start(&primary)?;
    let counter = Counter::create(&url(&sentinel, ":secret@", Sentinel::SERVICE), "secret")?;
    assert_eq!(counter.add()?, 1);
    Ok(())
}

#[test]
fn a_service_that_no_sentinel_knows_is_told() -> TestResult {
    let _watchdog = watch();
    let primary = Server::start()?;
    let sentinel = Sentinel::start(&primary)?;
    let refused = Counter::create(&url(&sentinel, "", "wrong"), "x").map(drop);
    let refused = refused.expect_err("no such service").to_string();
    assert!(refused.contains("\"wrong\""), "{refused}");
    Ok(())
}
