//! Servers for tests, and processes that use them.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "not every test uses all of it"
)]

use std::error::Error;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use procession_cluster::Cluster;
use procession_test_server::Server;

pub(crate) type TestResult = Result<(), Box<dyn Error>>;

/// The user that can be cut off.
const CUT_OFF: &str = "alice";

/// A server for all tests of a program.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start().expect("a server"))
}

/// What a process has of a server. Two of different names are as good as two processes: neither knows what the other holds.
pub(crate) fn process(server: &Server, name: &str) -> Cluster {
    // Addresses that differ in anything lead to different clients.
    let patience = 20 + name.bytes().map(u64::from).sum::<u64>();
    let url = format!(
        "{}?lease=1&patience={patience}",
        server.url().replace("redis://", &login(name))
    );
    Cluster::connect(&url.parse().unwrap()).unwrap()
}

fn login(name: &str) -> String {
    match name {
        CUT_OFF => format!("redis://{CUT_OFF}:secret@"),
        _ => "redis://".to_owned(),
    }
}

/// A server from which the process `alice` can be cut off.
pub(crate) fn server_with_alice() -> Server {
    Server::builder()
        .user_acl_line(format!("{CUT_OFF} on >secret ~* &* +@all"))
        .start()
        .expect("a server")
}

/// As if the network to that process was cut.
pub(crate) fn cut_off(server: &Server) {
    let command = |words: &[&str]| server.command(words).unwrap().accepted().unwrap();
    command(&["ACL", "SETUSER", CUT_OFF, "resetpass"]);
    command(&["CLIENT", "KILL", "USER", CUT_OFF]);
}

pub(crate) fn connect_again(server: &Server) {
    let words = ["ACL", "SETUSER", CUT_OFF, ">secret"];
    server.command(&words).unwrap().accepted().unwrap();
}

/// Kills all connections to the server, again and again, while `work` runs.
pub(crate) fn while_connections_are_killed<T>(server: &Server, work: impl FnOnce() -> T) -> T {
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let order = std::sync::atomic::Ordering::Relaxed;
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(order) {
                let words = ["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"];
                server.command(&words).unwrap().accepted().unwrap();
                thread::sleep(Duration::from_millis(20));
            }
        });
        let outcome = work();
        is_over.store(true, order);
        outcome
    })
}

/// Waits until something is so.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        thread::sleep(Duration::from_millis(5));
    }
}
