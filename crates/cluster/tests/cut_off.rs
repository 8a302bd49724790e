//! Hosts, clients and replicas in a network of their own, whose cable is cut: nothing gets through, and nobody is told.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod cable;
#[allow(dead_code, reason = "not every test needs all of it")]
mod hosts;
mod watchdog;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cable::{Cable, Replica, is_inside, server, url_at_the_end};
use hosts::processes::begin;
use hosts::system::is_running;
use hosts::{Gate, Host, REVERSE, WAIT, next, poll, pool, retries, settings, submit};
use procession_arena::Wait;
use procession_cluster::lock::Lock;
use procession_cluster::queue::{Queue, QueueError};
use procession_cluster::{Cluster, ClusterError, SyncError};
use procession_engine::ProcessError;
use procession_engine::pool::{Item, JobSettings};
use procession_objects::{OnLost, QueueConfig};
use procession_test_server::{Reply, Server};
use watchdog::watch;

const REDELIVERED: QueueConfig = QueueConfig {
    maxsize: None,
    joinable: Some(OnLost::Redeliver { max_deliveries: 3 }),
};

/// Of all leases, in seconds.
const LEASE: &str = "lease=2";

#[test]
fn host_process() {
    hosts::become_host();
}

fn connect(server: &Server) -> (String, Cluster) {
    let url = format!("{}?{LEASE}", server.url());
    let cluster = Cluster::connect(&url.parse().unwrap()).unwrap();
    (url, cluster)
}

fn host_at_the_end(cable: &Cable, server: &Server, lease: &str) -> Host {
    let url = format!("{}&{lease}", url_at_the_end(server));
    Host::start_by(&mut cable.this_program(), &url, 1, &["--name=far"])
}

fn counter(server: &Server, name: &str) -> Reply {
    server
        .command(&["HGET", "pc:default:{pool:default}:h", name])
        .unwrap()
}

/// May be lost: nothing. May happen twice: what the host was at when it was cut off. Its result is not believed.
#[test]
fn what_a_host_was_at_that_is_cut_off_is_begun_by_another_and_told_once() {
    if !is_inside("what_a_host_was_at_that_is_cut_off_is_begun_by_another_and_told_once") {
        return;
    }
    let _watchdog = watch();
    let cable = Cable::lay();
    let server = server();
    let (url, cluster) = connect(&server);
    let _far = host_at_the_end(&cable, &server, LEASE);
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    let job = submit(&pool, &WAIT, retries(1), [gate.argument()]);
    let cut_off = gate.wait_for(1);
    cable.cut();
    let near = Host::start(&url, 1, &["--name=near"]);
    let second = gate.wait_for(2);
    // Both finish; one of them is heard.
    gate.open();
    assert_eq!(next(&job).unwrap(), second.to_string().into_bytes());
    cable.mend();
    drop(near);
    // The one that was cut off has been told by now, and serves under a new name.
    let after = submit(&pool, &REVERSE, retries(1), [b"ab".to_vec()]);
    assert_eq!(next(&after).unwrap(), b"ba");
    assert_eq!(counter(&server, "dones").text().unwrap(), "2");
    assert_eq!(gate.pids(), [cut_off, second]);
}

/// May be lost: nothing. May happen twice: nothing, since the host still has its lease.
#[test]
fn a_host_that_is_cut_off_for_less_than_its_lease_goes_on_with_what_it_is_at() {
    if !is_inside("a_host_that_is_cut_off_for_less_than_its_lease_goes_on_with_what_it_is_at") {
        return;
    }
    let _watchdog = watch();
    let cable = Cable::lay();
    let server = server();
    let (url, cluster) = connect(&server);
    let _far = host_at_the_end(&cable, &server, "lease=60");
    let pool = pool(&cluster);
    let gate = Gate::new(server.directory(), "gate");
    let job = submit(&pool, &WAIT, retries(1), [gate.argument()]);
    let only = gate.wait_for(1);
    let _near = Host::start(&url, 1, &["--name=near"]);
    cable.cut();
    gate.open();
    // Others go on meanwhile.
    let meanwhile = submit(&pool, &REVERSE, retries(1), [b"ab".to_vec()]);
    assert_eq!(next(&meanwhile).unwrap(), b"ba");
    cable.mend();
    assert_eq!(next(&job).unwrap(), only.to_string().into_bytes());
    assert_eq!(gate.pids(), [only]);
    assert_eq!(counter(&server, "redelivered"), Reply::Nil);
}

/// May be lost: nothing. May happen twice: what the client waited for, since it was taken for dead.
#[test]
fn a_client_that_is_cut_off_gets_every_result_once_when_it_is_back() {
    if !is_inside("a_client_that_is_cut_off_gets_every_result_once_when_it_is_back") {
        return;
    }
    let _watchdog = watch();
    let cable = Cable::lay();
    let server = server();
    let (url, _cluster) = connect(&server);
    let _near = Host::start(&url, 4, &["--name=near"]);
    let gate = Gate::new(server.directory(), "gate");
    let said = server.directory().join("said");
    let (mut client, _stdin) = start(&cable, &server, "far_client", &[gate.path(), &said]);
    gate.wait_for(4);
    cable.cut();
    // Its replies are removed with it.
    poll("the client is taken for dead", || {
        let clients = server.command(&["ZCARD", "pc:default:{pool:default}:k"]);
        clients.unwrap() == Reply::Integer(0)
    });
    gate.open();
    cable.mend();
    assert!(client.wait().unwrap().success());
    assert_eq!(fs::read_to_string(said).unwrap(), "20 results, 20 calls");
}

/// Has twenty tasks carried out; says how many results there were, and how often callbacks were called.
#[test]
fn far_client() {
    let Some((cluster, [gate, said])) = arguments() else {
        return;
    };
    let pool = pool(&cluster);
    let calls = Arc::new(AtomicUsize::new(0));
    let jobs: Vec<_> = (0..20)
        .map(|_| {
            let calls = Arc::clone(&calls);
            let settings = JobSettings {
                callback: Some(Box::new(move |_| {
                    calls.fetch_add(1, Ordering::Relaxed);
                })),
                attended: true,
                ..settings(retries(9))
            };
            let job = pool.job(&WAIT, settings).unwrap();
            let gate = gate.to_str().unwrap().as_bytes().to_vec();
            job.push(Item::new(gate, &[]).unwrap()).unwrap();
            job.seal();
            job
        })
        .collect();
    let results = jobs.iter().filter(|job| next(job).is_ok()).count();
    pool.close();
    pool.join(None).unwrap();
    let calls = calls.load(Ordering::Relaxed);
    fs::write(said, format!("{results} results, {calls} calls")).unwrap();
}

/// The holder knows by its own clock, since nobody can tell it; and who has the lock next has a larger fence.
#[test]
fn a_holder_that_is_cut_off_knows_that_its_lease_is_lost() {
    if !is_inside("a_holder_that_is_cut_off_knows_that_its_lease_is_lost") {
        return;
    }
    let _watchdog = watch();
    let cable = Cable::lay();
    let server = server();
    let (_url, cluster) = connect(&server);
    let file = |name: &str| server.directory().join(name);
    let (held, lost, back, said) = (file("held"), file("lost"), file("back"), file("said"));
    let (mut holder, _stdin) = start(&cable, &server, "far_holder", &[&held, &lost, &back, &said]);
    poll("the lock is held", || read(&held).is_some());
    let lock = Lock::create(&cluster, Some("till")).unwrap();
    cable.cut();
    let taken = lock.acquire(Wait::Forever).unwrap();
    // Its clock says so before the lease ends, but it may be slow to look.
    poll("the holder knows", || lost.exists());
    let former: u64 = read(&held).unwrap().parse().unwrap();
    assert!(taken.hold.fence() > former);
    assert!(taken.abandoned_by.is_some());
    cable.mend();
    fs::write(&back, "").unwrap();
    assert!(holder.wait().unwrap().success());
    assert_eq!(read(&said).unwrap(), "lease lost");
    lock.release().unwrap();
}

#[test]
fn far_holder() {
    let Some((cluster, [held, lost, back, said])) = arguments() else {
        return;
    };
    let lock = Lock::create(&cluster, Some("till")).unwrap();
    let taken = lock.acquire(Wait::Forever).unwrap();
    write(&held, &taken.hold.fence().to_string());
    poll("the lease is lost", || taken.hold.is_lost());
    write(&lost, "");
    poll("the cable is mended", || back.exists());
    let released = match lock.release() {
        Err(SyncError::Cluster(ClusterError::LeaseLost { .. })) => "lease lost".to_owned(),
        other => format!("{other:?}"),
    };
    write(&said, &released);
}

/// Nobody begins it again; and it does not outlive what is told of it for longer than the cable is cut.
#[test]
fn a_process_on_a_host_that_is_cut_off_is_lost_and_ends_when_the_host_is_back() {
    if !is_inside("a_process_on_a_host_that_is_cut_off_is_lost_and_ends_when_the_host_is_back") {
        return;
    }
    let _watchdog = watch();
    let cable = Cable::lay();
    let server = server();
    let (_url, cluster) = connect(&server);
    let _far = host_at_the_end(&cable, &server, LEASE);
    let gate = Gate::new(server.directory(), "gate");
    let process = begin(&cluster, &WAIT, &gate.argument());
    let pid = gate.wait_for(1);
    cable.cut();
    assert!(process.wait(None).unwrap());
    match process.ending() {
        Err(ProcessError::HostLost { host }) => assert_eq!(host, "far"),
        other => panic!("{other:?}"),
    }
    assert!(is_running(pid), "nobody can have told it yet");
    cable.mend();
    poll("the host ends it", || !is_running(pid));
    assert_eq!(gate.pids(), [pid]);
}

/// May be lost: what the server that was cut off has acknowledged to those who did not ask for a replica. May happen twice: nothing that was confirmed.
#[test]
fn what_a_replica_has_confirmed_is_there_when_it_takes_over_for_a_primary_that_is_cut_off() {
    if !is_inside(
        "what_a_replica_has_confirmed_is_there_when_it_takes_over_for_a_primary_that_is_cut_off",
    ) {
        return;
    }
    let _watchdog = watch();
    let cable = Cable::lay();
    let primary = server();
    let replica = Replica::start(&cable, &primary);
    let near = |parameters: &str| -> Cluster {
        let url = format!("{}?lease=60&{parameters}", primary.url());
        Cluster::connect(&url.parse().unwrap()).unwrap()
    };
    let (careful, careless) = (near("durability=replica"), near("durability=server"));
    let hasty = near("durability=replica&patience=1");
    let queue = |cluster: &Cluster| Queue::create(cluster, Some("orders"), &REDELIVERED).unwrap();
    // A replica has all that was done before, once it has something that was done after.
    let lock = |cluster: &Cluster| Lock::create(cluster, Some("till")).unwrap();
    let till = lock(&careless);
    till.acquire(Wait::Forever).unwrap();
    let doubting = queue(&hasty);
    queue(&careful).put(b"confirmed", Wait::Forever).unwrap();
    cable.cut();
    queue(&careless).put(b"forgotten", Wait::Forever).unwrap();
    let told = doubting.put(b"doubtful", Wait::Forever);
    assert!(
        matches!(
            &told,
            Err(QueueError::Cluster(ClusterError::Unconfirmed { .. }))
        ),
        "{told:?}"
    );
    replica.promote();
    let far = Cluster::connect(&format!("{}?lease=60", replica.url()).parse().unwrap()).unwrap();
    let orders = queue(&far);
    assert_eq!(orders.get(Wait::Never).unwrap().bytes, b"confirmed");
    let rest = orders.get(Wait::Never);
    assert!(matches!(rest, Err(QueueError::Empty)), "{rest:?}");
    // Acquiring it has waited for the replica, too.
    let told = lock(&far).acquire(Wait::Never).map(drop);
    assert!(matches!(told, Err(SyncError::TimedOut)), "{told:?}");
}

/// Set in a program at the other end of the cable.
const FAR_PROGRAM: &str = "PROCESSION_TEST_FAR_PROGRAM";

/// Starts this program at the other end of the cable, to be what that test is.
///
/// It ends with the other end of its standard input, which is apart since waiting for a child closes it.
fn start(
    cable: &Cable,
    server: &Server,
    test: &str,
    files: &[&Path],
) -> (Child, Option<ChildStdin>) {
    let url = format!("{}&{LEASE}", url_at_the_end(server));
    let files = files.iter().map(|file| file.to_str().unwrap());
    let arguments: Vec<&str> = [url.as_str()].into_iter().chain(files).collect();
    let mut program = cable
        .this_program()
        .args([test, "--exact", "--nocapture", "--test-threads=1", "-q"])
        .env(FAR_PROGRAM, arguments.join("\n"))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = program.stdin.take();
    (program, stdin)
}

/// What such a program was told; nothing in a run of all tests.
fn arguments<const N: usize>() -> Option<(Cluster, [PathBuf; N])> {
    let arguments = std::env::var(FAR_PROGRAM).ok()?;
    hosts::end_with_the_test();
    let mut arguments = arguments.split('\n');
    let cluster = Cluster::connect(&arguments.next()?.parse().unwrap()).unwrap();
    let files: Vec<PathBuf> = arguments.map(PathBuf::from).collect();
    Some((cluster, files.try_into().unwrap()))
}

fn read(file: &Path) -> Option<String> {
    fs::read_to_string(file).ok()
}

/// Whoever sees the file sees all of it.
fn write(file: &Path, text: &str) {
    let unfinished = file.with_extension("unfinished");
    fs::write(&unfinished, text).unwrap();
    fs::rename(unfinished, file).unwrap();
}
