//! Calls that wait until what they have done is somewhere else as well.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ScopedJoinHandle;

use procession_test_server::{Fsync, ServerCluster};

use super::super::confirmation::MARK;
use super::*;
use crate::script_test::Bench;
use crate::watchdog::watch;

/// Failovers in which every acknowledged step is to survive.
const ROUNDS: u32 = 5;

fn pair() -> io::Result<[Server; 2]> {
    let [primary, replica] = [Server::start()?, Server::start()?];
    replica.replica_of(&primary)?;
    // The replica has its copy a while before it gets what comes next.
    let mut connection = primary.connect()?;
    connection
        .command(&["SET", "first", "change"])?
        .accepted()?;
    connection.command(&["WAIT", "1", "0"])?.accepted()?;
    Ok([primary, replica])
}

/// The connections in whose name the server waits for something, by their numbers.
fn waiting(server: &Server) -> Result<Vec<String>, Box<dyn Error>> {
    let list = server.command(&["CLIENT", "LIST"])?.accepted()?;
    let list = list.text().unwrap_or_default();
    let waiting = list.lines().filter(|line| line.contains(" flags=b "));
    let numbers = waiting.filter_map(|line| line.split(' ').next());
    Ok(numbers.map(str::to_owned).collect())
}

/// Returns when the server waits in the name of a connection, and says in whose.
fn until_it_waits(server: &Server) -> Result<Vec<String>, Box<dyn Error>> {
    loop {
        let waiting = waiting(server)?;
        if !waiting.is_empty() {
            return Ok(waiting);
        }
    }
}

/// The call is made again, and waited for over another connection than these.
fn until_it_waits_for_another<T>(
    server: &Server,
    first: &[String],
    call: &ScopedJoinHandle<'_, T>,
) -> TestResult {
    while waiting(server)?.iter().all(|number| first.contains(number)) {
        assert!(!call.is_finished());
    }
    Ok(())
}

/// Returns when no replica has confirmed anything in time, and the server was asked once more, for each of so many calls.
fn until_it_was_asked_again(server: &Server, calls: u32) -> TestResult {
    // `calls=7,usec=…`, of those that have ended.
    let asked = || -> Result<u32, Box<dyn Error>> {
        let line = server.info("cmdstat_wait")?;
        let line = line.strip_prefix("calls=").unwrap_or_default();
        Ok(line.split(',').next().unwrap_or_default().parse()?)
    };
    let enough = asked()? + 2 * calls;
    while asked()? < enough {}
    Ok(())
}

fn kill_clients(server: &Server) -> TestResult {
    let kill = ["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"];
    server.command(&kill)?.accepted()?;
    Ok(())
}

fn number_on(server: &Server, counter: &Counter) -> Result<i64, Box<dyn Error>> {
    let answer = server.command(&["GET", &counter.object.key("v")])?;
    let text = answer.accepted()?.text();
    Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
}

fn added(call: ScopedJoinHandle<'_, Result<i64, ClusterError>>) -> Result<i64, ClusterError> {
    call.join().expect("no panic")
}

#[test]
fn a_call_returns_when_a_replica_has_what_it_has_done() -> TestResult {
    let _watchdog = watch();
    let [primary, replica] = pair()?;
    let counter = Counter::create(&format!("{}?durability=replica", primary.url()), "waits")?;
    for number in 1..=20 {
        assert_eq!(counter.add()?, number);
        assert_eq!(number_on(&replica, &counter)?, number);
    }
    replica.pause()?;
    thread::scope(|scope| {
        let call = scope.spawn(|| counter.add());
        until_it_waits(&primary)?;
        assert_eq!(number_on(&primary, &counter)?, 21);
        until_it_was_asked_again(&primary, 1)?;
        assert!(!call.is_finished());
        replica.resume()?;
        assert_eq!(added(call)?, 21);
        Ok(())
    })
}

#[test]
fn who_looks_or_only_sees_to_something_does_not_wait() -> TestResult {
    let _watchdog = watch();
    let [primary, replica] = pair()?;
    let counter = Counter::create(&format!("{}?durability=replica", primary.url()), "looks")?;
    replica.pause()?;
    assert_eq!(counter.add_as("once", Effort::Once)?, 1);
    assert_eq!(counter.number()?, 1);
    Ok(())
}

#[test]
fn what_no_replica_confirms_is_told_and_has_been_done() -> TestResult {
    let _watchdog = watch();
    let [primary, replica] = pair()?;
    let address = format!("{}?durability=replica&patience=1", primary.url());
    let counter = Counter::create(&address, "unconfirmed")?;
    let careless = Counter::create(&primary.url(), "unconfirmed")?;
    replica.pause()?;
    let told = counter.add();
    assert!(
        matches!(&told, Err(ClusterError::Unconfirmed { server, reason })
            if server.ends_with(&primary.port().to_string()) && reason.contains("no replica")),
        "{told:?}"
    );
    assert_eq!(counter.number()?, 1);
    // Another connection to the same server, which does not ask for it.
    assert_eq!(careless.add()?, 2);
    replica.resume()?;
    assert_eq!(counter.add()?, 3);
    Ok(())
}

/// The answer comes from the record then, over another connection, on which nothing was done.
#[test]
fn a_call_that_is_made_again_waits_for_what_it_has_done_the_first_time() -> TestResult {
    let _watchdog = watch();
    let [primary, replica] = pair()?;
    let counter = Counter::create(&format!("{}?durability=replica", primary.url()), "again")?;
    replica.pause()?;
    thread::scope(|scope| {
        let call = scope.spawn(|| counter.add());
        let first = until_it_waits(&primary)?;
        kill_clients(&primary)?;
        until_it_waits_for_another(&primary, &first, &call)?;
        replica.resume()?;
        assert_eq!(added(call)?, 1);
        assert_eq!(number_on(&replica, &counter)?, 1);
        Ok(())
    })
}

#[test]
fn a_mark_is_left_twice_as_once_and_ends_by_itself() {
    let mut bench = Bench::repeating(|_| {});
    assert_eq!(
        bench.command("EXISTS", "h-mark", &[]).text().as_deref(),
        Some("0")
    );
    bench.call(&MARK, &["h-mark"], &["60000"]);
    assert_eq!(
        bench.command("GET", "h-mark", &[]).text().as_deref(),
        Some("")
    );
    let left = bench.command("PTTL", "h-mark", &[]).text();
    let left: i64 = left.and_then(|left| left.parse().ok()).unwrap_or(-1);
    assert!((1..=60_000).contains(&left), "{left}");
}

/// An unlink finds nothing the second time, and changes nothing.
#[test]
fn a_change_that_is_made_again_without_effect_waits_as_well() -> TestResult {
    let _watchdog = watch();
    let [primary, replica] = pair()?;
    let counter = Counter::create(&format!("{}?durability=replica", primary.url()), "unlinked")?;
    let header = counter.object.key("h");
    replica.pause()?;
    thread::scope(|scope| {
        let call = scope.spawn(|| counter.object.unlink().map(|()| 0));
        let first = until_it_waits(&primary)?;
        kill_clients(&primary)?;
        until_it_waits_for_another(&primary, &first, &call)?;
        replica.resume()?;
        added(call)?;
        let there = replica.command(&["EXISTS", &header])?.accepted()?;
        assert_eq!(there.text().as_deref(), Some("0"));
        Ok(())
    })
}

#[test]
fn a_server_that_cannot_confirm_is_refused_when_connecting() -> TestResult {
    let _watchdog = watch();
    let [primary, replica] = pair()?;
    let url = format!("{}?durability=replica&namespace=first", primary.url());
    Counter::create(&url, "refused")?;
    replica.command(&["REPLICAOF", "NO", "ONE"])?.accepted()?;
    while primary.info("connected_slaves")? != "0" {}
    let url = format!("{}?durability=replica&namespace=second", primary.url());
    let refused = Counter::create(&url, "refused").map(drop);
    let refused = refused.expect_err("there is no replica").to_string();
    assert!(
        refused.contains("durability=replica") && refused.contains("no replica"),
        "{refused}"
    );
    Ok(())
}

/// Whether it can tell what is on its disk.
fn knows_its_disk(server: &Server) -> Result<bool, Box<dyn Error>> {
    let version = server.info("redis_version")?;
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    Ok((numbers.next(), numbers.next()) >= (Some(7), Some(2)))
}

#[test]
fn a_call_returns_when_the_disk_has_what_it_has_done_or_connecting_is_refused() -> TestResult {
    let _watchdog = watch();
    let server = Server::builder().append_only(Fsync::EverySecond).start()?;
    let url = format!("{}?durability=disk", server.url());
    if !knows_its_disk(&server)? {
        let refused = Counter::create(&url, "disk").map(drop);
        let refused = refused.expect_err("it cannot tell").to_string();
        assert!(
            refused.contains("durability=disk") && refused.contains("7.2"),
            "{refused}"
        );
        return Ok(());
    }
    let counter = Counter::create(&url, "disk")?;
    assert_eq!(counter.add()?, 1);
    let set = |policy: &str| server.command(&["CONFIG", "SET", "appendfsync", policy]);
    set("no")?.accepted()?;
    thread::scope(|scope| {
        let call = scope.spawn(|| counter.add());
        until_it_waits(&server)?;
        assert!(!call.is_finished());
        set("everysec")?.accepted()?;
        assert_eq!(added(call)?, 2);
        Ok(())
    })
}

#[test]
fn a_server_without_an_append_only_file_is_refused() -> TestResult {
    let _watchdog = watch();
    let url = format!("{}?durability=disk", server().url());
    let refused = Counter::create(&url, "no file").map(drop);
    let refused = refused.expect_err("it has no file").to_string();
    assert!(refused.contains("appendonly yes"), "{refused}");
    Ok(())
}

/// By how much a primary is ahead of what was its replica.
type Ahead<'a> = &'a dyn Fn() -> Result<i64, Box<dyn Error>>;

/// The replica is cut off and made the primary, the primary goes on by itself for a while, and is killed. Returns how many of the acknowledged steps are lost.
fn lost_in_a_failover(
    parameters: &str,
    a_while: impl FnOnce(&Server, Ahead<'_>) -> TestResult,
) -> Result<i64, Box<dyn Error>> {
    let [primary, replica] = pair()?;
    let next = Server::start()?;
    let both = format!(
        "redis://127.0.0.1:{},127.0.0.1:{}/{parameters}",
        primary.port(),
        replica.port()
    );
    let counter = Counter::create(&both, "failover")?;
    let acknowledged = add_throughout(&counter, || {
        while number_on(&replica, &counter)? < 50 {}
        replica.command(&["REPLICAOF", "NO", "ONE"])?.accepted()?;
        let ahead = || Ok(number_on(&primary, &counter)? - number_on(&replica, &counter)?);
        a_while(&primary, &ahead)?;
        primary.kill()?;
        Ok(next.replica_of(&replica)?)
    })?;
    Ok(acknowledged - counter.number()?)
}

/// Adds in several threads until `trouble` is over, and returns how many steps were acknowledged.
fn add_throughout(
    counter: &Counter,
    trouble: impl FnOnce() -> TestResult,
) -> Result<i64, Box<dyn Error>> {
    let is_over = AtomicBool::new(false);
    let add = || -> Result<i64, ClusterError> {
        let mut acknowledged = 0;
        while !is_over.load(Ordering::Relaxed) {
            counter.add()?;
            acknowledged += 1;
        }
        Ok(acknowledged)
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(add)).collect();
        let outcome = trouble();
        is_over.store(true, Ordering::Relaxed);
        let added: Result<Vec<i64>, ClusterError> = threads.into_iter().map(added).collect();
        outcome?;
        Ok(added?.iter().sum())
    })
}

#[test]
fn nothing_that_a_replica_has_confirmed_is_lost_in_a_failover() -> TestResult {
    let _watchdog = watch();
    for round in 0..ROUNDS {
        // Whatever is lost then would be what no replica has confirmed.
        let a_while = |primary: &Server, _: Ahead<'_>| until_it_was_asked_again(primary, THREADS);
        let lost = lost_in_a_failover("?durability=replica", a_while)?;
        assert_eq!(lost, 0, "round {round}");
    }
    Ok(())
}

/// Without it, and so the test above would see it.
#[test]
fn what_no_replica_has_confirmed_may_be_lost_in_a_failover() -> TestResult {
    let _watchdog = watch();
    // Each thread may have one step that it does again.
    let ahead_by = i64::from(THREADS) + 20;
    let lost = lost_in_a_failover("", |_, ahead| {
        while ahead()? < ahead_by {}
        Ok(())
    })?;
    assert!(lost >= 20, "{lost}");
    Ok(())
}

#[test]
fn nothing_is_lost_when_a_primary_of_a_cluster_is_killed() -> TestResult {
    let _watchdog = watch();
    let servers = ServerCluster::start()?;
    let counter = Counter::create(&format!("{}?durability=replica", servers.url()), "cluster")?;
    let slot = counter.object.slot();
    counter.add_during(1000, || {
        while counter.number()? < 100 {}
        let killed = servers.kill_primary_of(slot)?;
        servers.primary_of(slot)?;
        // Until it is there again, the new primary has no replica.
        Ok(killed.restart()?)
    })?;
    assert_eq!(counter.number()?, i64::from(THREADS * 1000));
    Ok(())
}
