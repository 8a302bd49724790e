//! The server of the tests in one file.

use std::error::Error;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender, TryRecvError};
use std::thread::{self, JoinHandle};

use procession_cluster::Cluster;
use procession_test_server::{Reply, Server};

pub(crate) type TestResult = Result<(), Box<dyn Error>>;

/// A server that all tests of this process share.
pub(crate) fn cluster() -> Result<Cluster, Box<dyn Error>> {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let server = SERVER.get_or_init(|| Server::start().expect("a server"));
    Ok(Cluster::connect(&server.url().parse()?)?)
}

/// Says when dropped that a test is over, however it has ended, to the threads that it waits for.
#[allow(dead_code, reason = "values and arrays have no such threads")]
pub(crate) struct End<'a>(pub(crate) &'a AtomicBool);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Commands between two cuts, among them those with which the cutter looks.
const COMMANDS: u64 = 30;

/// Ends all connections to a server of its own, again and again.
#[allow(dead_code, reason = "arrays have no tests with it")]
pub(crate) struct Cutter {
    stop: Sender<()>,
    thread: JoinHandle<i64>,
}

#[allow(dead_code, reason = "arrays have no tests with it")]
impl Cutter {
    pub(crate) fn start() -> Result<(Cutter, Cluster), Box<dyn Error>> {
        let server = Server::start()?;
        let cluster = Cluster::connect(&server.url().parse()?)?;
        let (stop, stopped) = mpsc::channel();
        let thread = thread::spawn(move || {
            let done =
                || -> Option<u64> { server.info("total_commands_processed").ok()?.parse().ok() };
            let (mut cut, mut next) = (0, Some(0));
            while stopped.try_recv() == Err(TryRecvError::Empty) {
                // Between two cuts something is done, so that those who ask again get ahead.
                if done() < next {
                    continue;
                }
                let words = ["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"];
                if let Ok(Reply::Integer(count)) = server.command(&words) {
                    cut += count;
                }
                next = done().map(|done| done + COMMANDS);
            }
            cut
        });
        Ok((Cutter { stop, thread }, cluster))
    }

    /// How many connections have been ended.
    pub(crate) fn stop(self) -> i64 {
        drop(self.stop);
        self.thread.join().unwrap_or_default()
    }
}
