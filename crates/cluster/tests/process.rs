//! Processes that hosts start for others, with which only the server connects them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

#[allow(dead_code, reason = "not every test needs all of it")]
mod hosts;
mod watchdog;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use hosts::processes::{begin, end, request, settings, start_client};
use hosts::system::{is_running, kill};
use hosts::{DIE, Gate, Host, PANIC, REVERSE, WAIT, ZEROS, poll};
use procession_cluster::Cluster;
use procession_cluster::process::{Process, Settings, Signal};
use procession_engine::{CarriedCommand, PoolError, ProcessError};
use procession_test_server::{Fsync, Server};
use watchdog::watch;

#[test]
fn host_process() {
    hosts::become_host();
}

#[test]
fn client_process() {
    hosts::processes::become_client();
}

fn server() -> (Server, String, Cluster) {
    let server = Server::start().unwrap();
    let url = format!("{}?lease=1", server.url());
    let cluster = Cluster::connect(&url.parse().unwrap()).unwrap();
    (server, url, cluster)
}

#[test]
fn a_process_runs_elsewhere_and_what_it_returns_comes_home() {
    let _watchdog = watch();
    let (_server, url, cluster) = server();
    let host = Host::start(&url, 1, &["--name=heron"]);
    let process = begin(&cluster, &REVERSE, b"abc");
    assert_eq!(end(&process).unwrap(), b"cba");
    // Its host had handed it in before that came home.
    assert_eq!(running(&cluster), 0);
    let (name, pid) = process.place().unwrap();
    assert_eq!(name, "heron");
    assert!(pid != host.pid() && pid != std::process::id());
    let status = process.ending().unwrap().status().unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(process.name(), "worker bee");
}

#[test]
fn how_a_process_ended_comes_home() {
    let _watchdog = watch();
    let (_server, url, cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    let panicked = begin(&cluster, &PANIC, b"oh dear");
    match end(&panicked) {
        Err(ProcessError::Panicked { message, .. }) => assert_eq!(message, "oh dear"),
        other => panic!("{other:?}"),
    }
    assert_eq!(
        panicked.ending().unwrap().status().unwrap().code(),
        Some(101)
    );
    let aborted = begin(&cluster, &DIE, b"");
    assert!(matches!(
        end(&aborted),
        Err(ProcessError::Signaled { signal: 6, .. })
    ));
}

/// They may have to wait for each other.
#[test]
fn processes_do_not_wait_for_slots_and_go_to_the_hosts_in_turn() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _hosts = ["one", "two"].map(|name| Host::start(&url, 1, &["--name", name]));
    hosts_are_there(&server, 2);
    let gate = Gate::new(server.directory(), "gate");
    let processes: Vec<Process> = (0..6)
        .map(|_| begin(&cluster, &WAIT, &gate.argument()))
        .collect();
    gate.wait_for(6);
    let places: BTreeSet<String> = processes.iter().map(|p| p.place().unwrap().0).collect();
    assert_eq!(places.len(), 2, "{places:?}");
    gate.open();
    for process in &processes {
        end(process).unwrap();
    }
}

/// Processes of all hosts, as operators see them.
fn running(cluster: &Cluster) -> usize {
    let pools = procession_cluster::inspect::pools(cluster).unwrap();
    let hosts = pools.iter().flat_map(|pool| &pool.hosts);
    hosts.map(|host| host.processes).sum()
}

/// Waits until that many hosts of processes are registered.
fn hosts_are_there(server: &Server, count: i64) {
    poll("all hosts are there", || {
        let found = server
            .command(&["ZCARD", "pc:default:{p:default}:c"])
            .unwrap();
        found == procession_test_server::Reply::Integer(count)
    });
}

#[test]
fn signals_reach_a_process_that_runs() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    for (signal, number) in [(Signal::Terminate, 15), (Signal::Kill, 9)] {
        let gate = Gate::new(server.directory(), &format!("gate{number}"));
        let process = begin(&cluster, &WAIT, &gate.argument());
        gate.wait_for(1);
        assert!(process.is_alive());
        assert_eq!(running(&cluster), 1);
        process.signal(signal).unwrap();
        match end(&process) {
            Err(ProcessError::Signaled { signal, .. }) => assert_eq!(signal, number),
            other => panic!("{other:?}"),
        }
        // Afterwards nothing happens.
        process.signal(signal).unwrap();
        assert!(!process.is_alive());
    }
}

#[test]
fn a_process_that_no_host_has_begun_is_never_begun_after_a_signal() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let gate = Gate::new(server.directory(), "gate");
    let process = request(&cluster, &WAIT, false, &gate.argument());
    assert!(!process.wait_until_begun(Some(Instant::now())).unwrap());
    process.signal(Signal::Kill).unwrap();
    assert!(matches!(
        end(&process),
        Err(ProcessError::Signaled { signal: 9, .. })
    ));
    assert_eq!(process.place(), None);
    let _host = Host::start(&url, 1, &[]);
    end(&begin(&cluster, &REVERSE, b"ab")).unwrap();
    assert_eq!(gate.pids().len(), 0);
}

#[test]
fn a_process_that_is_killed_from_outside_is_told_at_once() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    let gate = Gate::new(server.directory(), "gate");
    let process = begin(&cluster, &WAIT, &gate.argument());
    let (sender, told) = mpsc::channel();
    process.watch(move || sender.send(()).unwrap());
    kill(gate.wait_for(1));
    told.recv().unwrap();
    assert!(matches!(
        end(&process),
        Err(ProcessError::Signaled { signal: 9, .. })
    ));
    let was_called = Arc::new(AtomicBool::new(false));
    let called = Arc::clone(&was_called);
    process.watch(move || called.store(true, Ordering::Relaxed));
    assert!(was_called.load(Ordering::Relaxed));
}

#[test]
fn a_process_ends_with_its_host_and_is_told_as_lost_though_there_is_no_other() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let host = Host::start(&url, 1, &["--name=heron"]);
    let gate = Gate::new(server.directory(), "gate");
    let process = begin(&cluster, &WAIT, &gate.argument());
    let pid = gate.wait_for(1);
    host.signal(rustix::process::Signal::KILL);
    poll("the process ends with its host", || !is_running(pid));
    match end(&process) {
        Err(ProcessError::HostLost { host }) => assert_eq!(host, "heron"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_process_is_not_begun_again_by_another_host() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let first = Host::start(&url, 1, &["--name=first"]);
    let gate = Gate::new(server.directory(), "gate");
    let process = begin(&cluster, &WAIT, &gate.argument());
    gate.wait_for(1);
    let _second = Host::start(&url, 1, &["--name=second"]);
    first.signal(rustix::process::Signal::KILL);
    match end(&process) {
        Err(ProcessError::HostLost { host }) => assert_eq!(host, "first"),
        other => panic!("{other:?}"),
    }
    end(&begin(&cluster, &REVERSE, b"ab")).unwrap();
    assert_eq!(gate.pids().len(), 1);
}

/// The host hears that it has lost its lease, and ends what it runs.
#[test]
fn a_process_that_had_begun_is_not_begun_again_when_the_server_forgets_everything() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 1, &["--name=heron"]);
    let gate = Gate::new(server.directory(), "gate");
    let process = begin(&cluster, &WAIT, &gate.argument());
    let pid = gate.wait_for(1);
    server.command(&["FLUSHALL"]).unwrap();
    match end(&process) {
        Err(ProcessError::HostLost { host }) => assert_eq!(host, "heron"),
        other => panic!("{other:?}"),
    }
    poll("the host ends it", || !is_running(pid));
    end(&begin(&cluster, &REVERSE, b"ab")).unwrap();
    assert_eq!(gate.pids().len(), 1);
}

#[test]
fn a_process_that_waits_is_begun_although_the_server_forgets_everything() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let process = request(&cluster, &REVERSE, false, b"ab");
    assert!(!process.wait_until_begun(Some(Instant::now())).unwrap());
    server.command(&["FLUSHALL"]).unwrap();
    let _host = Host::start(&url, 1, &[]);
    assert_eq!(end(&process).unwrap(), b"ba");
}

#[test]
fn the_server_may_be_killed_and_come_back_while_a_process_runs() {
    let _watchdog = watch();
    let server = Server::builder()
        .append_only(Fsync::Always)
        .start()
        .unwrap();
    let url = format!("{}?lease=1", server.url());
    let cluster = Cluster::connect(&url.parse().unwrap()).unwrap();
    let _host = Host::start(&url, 1, &[]);
    let gate = Gate::new(server.directory(), "gate");
    let process = begin(&cluster, &WAIT, &gate.argument());
    let pid = gate.wait_for(1);
    server.kill().unwrap();
    gate.open();
    poll("it has ended", || !is_running(pid));
    server.restart().unwrap();
    assert_eq!(end(&process).unwrap(), pid.to_string().into_bytes());
}

#[test]
fn a_host_that_is_told_to_stop_ends_its_processes_and_tells_how() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let mut host = Host::start(&url, 1, &["--drain=0"]);
    let gate = Gate::new(server.directory(), "gate");
    let process = begin(&cluster, &WAIT, &gate.argument());
    gate.wait_for(1);
    host.signal(rustix::process::Signal::TERM);
    assert!(matches!(
        end(&process),
        Err(ProcessError::Signaled { signal: 15, .. })
    ));
    assert!(host.wait().success());
}

#[test]
fn a_host_that_is_told_to_stop_lets_its_processes_end() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let mut host = Host::start(&url, 1, &["--drain=60"]);
    let gate = Gate::new(server.directory(), "gate");
    let process = begin(&cluster, &WAIT, &gate.argument());
    let pid = gate.wait_for(1);
    host.signal(rustix::process::Signal::TERM);
    gate.open();
    assert_eq!(end(&process).unwrap(), pid.to_string().into_bytes());
    assert!(host.wait().success());
}

#[test]
fn a_daemonic_process_ends_with_a_client_that_is_killed_and_others_go_on() {
    ends_with_its_client(|client| client.kill().unwrap());
}

#[test]
fn a_daemonic_process_ends_with_a_client_that_exits_and_others_go_on() {
    ends_with_its_client(|client| drop(client.stdin.take()));
}

fn ends_with_its_client(end: impl Fn(&mut std::process::Child)) {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    let gates = ["daemonic", "other"].map(|name| Gate::new(server.directory(), name));
    let mut client = start_client(&url, gates.each_ref());
    let [daemonic, other] = gates.each_ref().map(|gate| gate.wait_for(1));
    end(&mut client);
    client.wait().unwrap();
    poll("the daemonic process ends", || !is_running(daemonic));
    // What is said to processes is heeded in order: had it been for this one as well, it would be gone.
    self::end(&begin(&cluster, &REVERSE, b"ab")).unwrap();
    assert!(is_running(other));
    gates[1].open();
    poll("the other one comes to its end", || !is_running(other));
}

#[test]
fn who_waits_for_a_host_in_vain_is_told_what_is_wanted() {
    let _watchdog = watch();
    let (_server, _url, cluster) = server();
    let settings = Settings {
        patience_for_hosts: Duration::ZERO,
        ..settings()
    };
    let command = CarriedCommand::new("worker bee", false);
    let process = Process::request(&cluster, &settings, &REVERSE, command, b"").unwrap();
    match process.wait_until_begun(None) {
        Err(PoolError::NoWorkerHost { wanted, .. }) => {
            assert!(wanted.contains("default"), "{wanted}");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(
        end(&process),
        Err(ProcessError::Unavailable { .. })
    ));
}

#[test]
fn what_cannot_be_sent_is_an_error_of_whoever_asks_for_the_end() {
    let _watchdog = watch();
    let (_server, url, cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    let process = begin(&cluster, &ZEROS, b"68000000");
    match end(&process) {
        Err(ProcessError::Unavailable { reason }) => {
            assert!(reason.contains("68"), "{reason}");
        }
        other => panic!("{:?}", other.map(|result| result.len())),
    }
}

/// It was silent for too long just then, and comes back.
#[test]
fn a_client_that_was_not_there_when_its_process_ended_is_told_later() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 1, &[]);
    let gate = Gate::new(server.directory(), "gate");
    let process = begin(&cluster, &WAIT, &gate.argument());
    let pid = gate.wait_for(1);
    // As whoever notices its silence does.
    server
        .command(&["DEL", "pc:default:{p:default}:k"])
        .unwrap();
    gate.open();
    assert_eq!(end(&process).unwrap(), pid.to_string().into_bytes());
}

/// Nobody has sent it: it may still run where it was cut off.
#[test]
fn a_signal_to_a_process_that_was_lost_with_its_host_does_not_count_as_its_end() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let host = Host::start(&url, 1, &["--name=heron"]);
    let gate = Gate::new(server.directory(), "gate");
    let process = begin(&cluster, &WAIT, &gate.argument());
    gate.wait_for(1);
    host.signal(rustix::process::Signal::KILL);
    poll("it is lost", || {
        let failed = server.command(&["HLEN", "pc:default:{p:default}:a"]);
        failed.unwrap() == procession_test_server::Reply::Integer(1) || !process.is_alive()
    });
    process.signal(Signal::Kill).unwrap();
    match end(&process) {
        Err(ProcessError::HostLost { host }) => assert_eq!(host, "heron"),
        other => panic!("{other:?}"),
    }
}

/// It is not for want of a host that it ends.
#[test]
fn a_process_that_has_begun_is_not_given_up_while_no_host_is_known() {
    let _watchdog = watch();
    let (server, url, cluster) = server();
    let _host = Host::start(&url, 1, &["--name=heron"]);
    hosts_are_there(&server, 1);
    let settings = Settings {
        patience_for_hosts: Duration::ZERO,
        ..settings()
    };
    let gate = Gate::new(server.directory(), "gate");
    let command = CarriedCommand::new("worker bee", false);
    let process = Process::request(&cluster, &settings, &WAIT, command, &gate.argument()).unwrap();
    assert!(process.wait_until_begun(None).unwrap());
    gate.wait_for(1);
    server.command(&["FLUSHALL"]).unwrap();
    match end(&process) {
        Err(ProcessError::HostLost { host }) => assert_eq!(host, "heron"),
        other => panic!("{other:?}"),
    }
}
