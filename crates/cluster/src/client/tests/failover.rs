//! Servers that die, stop or are replaced, under load.

use std::time::{Duration, Instant};

use procession_test_server::{Fsync, ServerCluster};

use super::*;
use crate::watchdog::watch;

/// Enough that there is work before, during and after what happens.
const EACH: u32 = 2000;

/// By then a replica that was to take over has given up.
const GIVES_UP: Duration = Duration::from_secs(6);

/// Makes sure that work is under way, by the work itself.
fn until_it_counts(counter: &Counter, number: i64) -> TestResult {
    while counter.number()? < number {}
    Ok(())
}

#[test]
fn a_primary_is_killed_and_its_replica_takes_over() -> TestResult {
    let _watchdog = watch();
    let servers = ServerCluster::start()?;
    let counter = Counter::create(&servers.url(), "primary")?;
    counter.add_during(EACH, || {
        until_it_counts(&counter, 100)?;
        servers.kill_primary_of(counter.object.slot())?;
        Ok(())
    })?;
    assert_no_more_is_lost_than_replication_may_lose(counter.number()?, THREADS * EACH);
    Ok(())
}

/// Asks for it again should the servers have been too busy: they give up after five seconds.
fn hand_over(servers: &ServerCluster, slot: u16, replica: &Server) -> TestResult {
    while servers.primary_of(slot)?.port() != replica.port() {
        replica.command(&["CLUSTER", "FAILOVER"])?.accepted()?;
        let begin = Instant::now();
        while servers.primary_of(slot)?.port() != replica.port() && begin.elapsed() < GIVES_UP {}
    }
    Ok(())
}

#[test]
fn a_replica_is_made_the_primary_and_nothing_is_lost() -> TestResult {
    let _watchdog = watch();
    let servers = ServerCluster::start()?;
    let counter = Counter::create(&servers.url(), "handed over")?;
    let slot = counter.object.slot();
    counter.add_during(EACH, || {
        for number in [100, 1000] {
            until_it_counts(&counter, number)?;
            let replicas = servers.replicas_of(slot)?;
            let replica = replicas.first().ok_or("no replica")?;
            // The one that was the primary before has to catch up.
            while replica.info("master_link_status")? != "up" {}
            hand_over(&servers, slot, replica)?;
        }
        Ok(())
    })?;
    assert_eq!(counter.number()?, i64::from(THREADS * EACH));
    Ok(())
}

#[test]
fn a_server_is_killed_and_comes_back_with_its_data() -> TestResult {
    let _watchdog = watch();
    let server = Server::builder().append_only(Fsync::EverySecond).start()?;
    let counter = Counter::create(&server.url(), "restart")?;
    counter.add_during(EACH, || {
        for number in [100, 500, 1000] {
            until_it_counts(&counter, number)?;
            server.kill()?;
            server.restart()?;
        }
        Ok(())
    })?;
    assert_eq!(counter.number()?, i64::from(THREADS * EACH));
    Ok(())
}

#[test]
fn a_server_stands_still_for_longer_than_an_answer_may_take() -> TestResult {
    let _watchdog = watch();
    let server = Server::start()?;
    let counter = Counter::create(&server.url(), "stopped")?;
    counter.add_during(EACH, || {
        until_it_counts(&counter, 100)?;
        server.pause()?;
        // Two attempts that nobody answers; those of the threads are given up meanwhile, and made again.
        for nonce in ["first", "second"] {
            let silent = counter.add_as(nonce, Effort::Once);
            assert!(matches!(silent, Err(ClusterError::Unavailable { .. })));
        }
        Ok(server.resume()?)
    })?;
    // The two were given up, but may have lain in the server's buffers.
    let more = counter.number()? - i64::from(THREADS * EACH);
    assert!((0..=2).contains(&more), "{more}");
    Ok(())
}

#[test]
fn one_of_several_named_servers_is_enough() -> TestResult {
    let _watchdog = watch();
    let servers = ServerCluster::start()?;
    let dead = Server::start()?;
    dead.kill()?;
    let others = servers.url();
    let others = others.trim_start_matches("redis://");
    let url = format!("redis://127.0.0.1:{},{others}", dead.port());
    assert_eq!(Counter::create(&url, "named")?.add()?, 1);
    Ok(())
}

#[test]
fn a_cluster_that_has_lost_some_of_its_slots_can_be_used_for_the_others() -> TestResult {
    let _watchdog = watch();
    let settings = Server::builder().argument("cluster-require-full-coverage", "no");
    let servers = ServerCluster::start_with(&settings)?;
    let counter = Counter::create(&servers.url(), "living")?;
    let layout = servers.slot_of("pc:default:{layout}:v")?;
    let needed = [counter.object.slot(), layout];
    let needed: Vec<u16> = needed
        .into_iter()
        .map(|slot| servers.primary_of(slot).map(Server::port))
        .collect::<Result<_, _>>()?;
    let others = (0..16384).step_by(500);
    let lost = others
        .into_iter()
        .find(|slot| {
            let primary = servers.primary_of(*slot);
            primary.is_ok_and(|primary| !needed.contains(&primary.port()))
        })
        .ok_or("all slots are needed")?;
    for replica in servers.replicas_of(lost)? {
        replica.kill()?;
    }
    servers.kill_primary_of(lost)?;
    // With another patience the address is another one, so that everything is asked for anew.
    let url = format!("{}?patience=30", servers.url());
    assert_eq!(Counter::create(&url, "living")?.add()?, 1);
    Ok(())
}

#[test]
fn a_replica_says_that_it_is_one_and_a_primary_beside_it_is_found() -> TestResult {
    let _watchdog = watch();
    let [primary, replica] = [Server::start()?, Server::start()?];
    replica.replica_of(&primary)?;
    let alone = format!("{}?patience=1", replica.url());
    let refused = Counter::create(&alone, "replica").map(drop);
    let refused = refused.expect_err("it is a replica").to_string();
    assert!(refused.contains("name the primary"), "{refused}");

    let both = format!(
        "redis://127.0.0.1:{},127.0.0.1:{}/",
        replica.port(),
        primary.port()
    );
    assert_eq!(Counter::create(&both, "replica")?.add()?, 1);
    Ok(())
}
