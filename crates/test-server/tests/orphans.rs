//! No server outlives the process that started it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod watchdog;

use std::env;
use std::io::{BufRead, BufReader, Lines};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use procession_test_server::Server;
use watchdog::watch;

/// What the victim is to do once its server runs; without it, the victim is an empty test.
const ENDING: &str = "PROCESSION_TEST_SERVER_ENDING";

static SERVER: OnceLock<Server> = OnceLock::new();

struct Started {
    victim: Child,
    /// Kept, so that the victim can write until its end.
    _output: Lines<BufReader<ChildStdout>>,
    server: PathBuf,
    directory: PathBuf,
}

#[test]
fn a_server_ends_with_a_process_that_is_killed() {
    let _watchdog = watch("a_server_ends_with_a_process_that_is_killed");
    for ending in ["wait", "pause and wait", "kill the server and wait"] {
        let mut started = start(ending);
        assert!(started.directory.is_dir());
        started.victim.kill().unwrap();
        started.victim.wait().unwrap();
        until_gone(&started.server);
        until_gone(&started.directory);
    }
}

/// As `timeout` does, and a terminal with its Ctrl-C.
#[test]
fn a_server_ends_with_a_process_group_that_is_killed() {
    let _watchdog = watch("a_server_ends_with_a_process_group_that_is_killed");
    let mut started = start("wait");
    let group = format!("-{}", started.victim.id());
    let kill = ["-c", "kill -s KILL -- \"$1\"", "sh", &group];
    assert!(Command::new("sh").args(kill).status().unwrap().success());
    started.victim.wait().unwrap();
    until_gone(&started.server);
    until_gone(&started.directory);
}

#[test]
fn a_server_in_a_static_ends_with_the_process() {
    let _watchdog = watch("a_server_in_a_static_ends_with_the_process");
    let mut started = start("return");
    assert!(started.victim.wait().unwrap().success());
    until_gone(&started.server);
    until_gone(&started.directory);
}

fn start(ending: &str) -> Started {
    let mut victim = Command::new(env::current_exe().unwrap())
        .args(["--exact", "victim", "--nocapture"])
        .env(ENDING, ending)
        .process_group(0)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    let line = lines
        .by_ref()
        .map(Result::unwrap)
        .find_map(|line| line.strip_prefix("started ").map(String::from))
        .unwrap();
    let (pid, directory) = line.split_once(' ').unwrap();
    Started {
        victim,
        _output: lines,
        server: Path::new("/proc").join(pid),
        directory: directory.into(),
    }
}

#[test]
fn victim() {
    let Ok(ending) = env::var(ENDING) else {
        return;
    };
    let server = SERVER.get_or_init(|| Server::start().unwrap());
    match ending.as_str() {
        "pause and wait" => server.pause().unwrap(),
        "kill the server and wait" => server.kill().unwrap(),
        _ => {}
    }
    println!(
        "\nstarted {} {}",
        server.pid(),
        server.directory().display()
    );
    if ending != "return" {
        loop {
            thread::park();
        }
    }
}

/// The watchdog bounds it.
fn until_gone(path: &Path) {
    while path.exists() {
        thread::sleep(Duration::from_millis(5));
    }
}
