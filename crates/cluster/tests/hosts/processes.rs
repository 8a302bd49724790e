//! Processes that hosts are asked to start, and clients that ask for some.

use std::process::{Child, Stdio};
use std::time::Duration;

use procession_cluster::Cluster;
use procession_cluster::process::{Process, Settings};
use procession_engine::pool::NamedWork;
use procession_engine::{CarriedCommand, ProcessError, build_id, init_library};

use super::{Gate, WAIT, started_again};

pub(crate) fn settings() -> Settings {
    init_library();
    Settings {
        pool: "default".to_owned(),
        code: build_id().unwrap().to_string(),
        patience_for_hosts: Duration::from_secs(60),
    }
}

pub(crate) fn request(
    cluster: &Cluster,
    work: &'static NamedWork,
    is_daemon: bool,
    arguments: &[u8],
) -> Process {
    let command = CarriedCommand::new("worker bee", is_daemon);
    Process::request(cluster, &settings(), work, command, arguments).unwrap()
}

/// A process that has begun.
pub(crate) fn begin(cluster: &Cluster, work: &'static NamedWork, arguments: &[u8]) -> Process {
    let process = request(cluster, work, false, arguments);
    assert!(process.wait_until_begun(None).unwrap());
    process
}

pub(crate) fn end(process: &Process) -> Result<Vec<u8>, ProcessError> {
    assert!(process.wait(None).unwrap());
    process.ending()?.outcome().map(<[u8]>::to_vec)
}

/// To be called in the one test of a program that is called `client_process`.
pub(crate) fn become_client() {
    let Ok(arguments) = std::env::var(CLIENT) else {
        return;
    };
    let mut arguments = arguments.split('\n');
    let (url, daemonic, other) = (
        arguments.next().unwrap(),
        arguments.next().unwrap(),
        arguments.next().unwrap(),
    );
    let cluster = Cluster::connect(&url.parse().unwrap()).unwrap();
    let daemonic = request(&cluster, &WAIT, true, daemonic.as_bytes());
    let other = request(&cluster, &WAIT, false, other.as_bytes());
    for process in [&daemonic, &other] {
        assert!(process.wait_until_begun(None).unwrap());
    }
    // Ends with the test, or when it is told to.
    let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
}

const CLIENT: &str = "PROCESSION_TEST_PROCESS_CLIENT";

/// Starts a client that asks for a daemonic process at the first gate, and another at the second.
pub(crate) fn start_client(url: &str, gates: [&Gate; 2]) -> Child {
    let gates = gates.map(|gate| String::from_utf8(gate.argument()).unwrap());
    started_again("client_process")
        .env(CLIENT, format!("{url}\n{}", gates.join("\n")))
        .stdin(Stdio::piped())
        .spawn()
        .unwrap()
}
