//! One server.

mod process;
mod start;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::certificates::Certificates;
use crate::patience::{Complaint, until};
use crate::watcher::Watcher;
use crate::{Builder, Connection, Reply};
use process::{Process, State, kernel_state};

/// A real server on a free port of the loopback interface, with a directory of its own.
///
/// It can be shared between threads, and kept in a static for all tests of a program: `static SERVER: OnceLock<Server>`. A static is
/// not dropped, but the server ends with the process all the same.
///
/// # If a process dies
///
/// When the process that started the server ends, in whatever way, the server is killed and its directory removed. A copy of
/// the process made by fork, without exec, counts as the same process.
///
/// # Examples
///
/// ```
/// use procession_test_server::{Reply, Server};
///
/// # fn main() -> std::io::Result<()> {
/// let server = Server::start()?;
/// assert_eq!(server.command(&["INCR", "n"])?, Reply::Integer(1));
/// assert_eq!(server.url(), format!("redis://127.0.0.1:{}/", server.port()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    settings: Builder,
    directory: PathBuf,
    port: u16,
    tls_port: Option<u16>,
    process: Mutex<Process>,
}

impl Server {
    /// Starts a server that keeps nothing on disk, and returns when it answers.
    ///
    /// # Errors
    ///
    /// As for [`Builder::start`].
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// Settings for a server that is to be started.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The address for clients: `redis://127.0.0.1:port/`, with the password if there is one, and `rediss` for TLS.
    pub fn url(&self) -> String {
        format!("{}{}/", self.scheme_and_password(), self.address())
    }

    pub(crate) fn password(&self) -> Option<&str> {
        self.settings.password.as_deref()
    }

    pub(crate) fn scheme_and_password(&self) -> String {
        let scheme = if self.settings.tls { "rediss" } else { "redis" };
        match self.password() {
            Some(password) => format!("{scheme}://:{password}@"),
            None => format!("{scheme}://"),
        }
    }

    /// Where clients connect to, without scheme and password.
    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.tls_port.unwrap_or(self.port))
    }

    /// The plain port, also of a server that has another one for TLS.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The process id of the server, or of its last process if it has been killed.
    pub fn pid(&self) -> u32 {
        self.process().id
    }

    /// Where the server keeps its files; removed with it.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The certificates for clients, if the server was built with [`Builder::tls`].
    pub fn certificates(&self) -> Option<Certificates> {
        self.tls_port.map(|_| Certificates::within(&self.directory))
    }

    /// What the server has written to its log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    /// Whether the server has been started and not killed; also while it is paused.
    pub fn is_running(&self) -> bool {
        self.process().state != State::Killed
    }

    /// Whether the server can be expected to answer.
    pub(crate) fn is_awake(&self) -> bool {
        self.process().state == State::Running
    }

    /// Kills the server with SIGKILL, and returns when it is gone. Without effect on one that has been killed.
    ///
    /// # Errors
    ///
    /// The shell that watches the server has been killed.
    pub fn kill(&self) -> io::Result<()> {
        let mut process = self.process();
        if process.state != State::Killed {
            process.watcher.kill()?;
            process.state = State::Killed;
        }
        Ok(())
    }

    /// Starts the server again, with the same port and the files of its directory, and returns when it answers. A server that
    /// runs is killed before.
    ///
    /// # Errors
    ///
    /// As for [`Builder::start`]; also if something else has taken the port meanwhile.
    pub fn restart(&self) -> io::Result<()> {
        self.kill()?;
        self.launch()?;
        self.until_it_answers()
    }

    /// Stops the server with SIGSTOP, and returns when it stands still: connections are accepted by the kernel, but nothing is answered.
    ///
    /// # Errors
    ///
    /// The server has been killed, or the shell that watches it.
    pub fn pause(&self) -> io::Result<()> {
        self.signal(Watcher::pause, State::Paused)?;
        let id = self.pid().to_string();
        until("a server that stands still", || match kernel_state(&id) {
            Some('T') => Ok(()),
            other => Err(Complaint::NotYet(format!("its state is {other:?}"))),
        })
    }

    /// Lets a paused server go on.
    ///
    /// # Errors
    ///
    /// The server has been killed, or the shell that watches it.
    pub fn resume(&self) -> io::Result<()> {
        self.signal(Watcher::resume, State::Running)
    }

    /// Opens a connection and gives the password, if there is one.
    ///
    /// # Errors
    ///
    /// The server cannot be reached.
    pub fn connect(&self) -> io::Result<Connection> {
        Connection::open(self.port, self.password())
    }

    /// Sends a command on a connection of its own and reads the reply, which may be a refusal: see [`Reply::accepted`].
    ///
    /// # Errors
    ///
    /// The server cannot be reached, or did not answer within ten seconds.
    pub fn command(&self, words: &[impl AsRef<[u8]>]) -> io::Result<Reply> {
        self.connect()?.command(words)
    }

    /// One field of `INFO everything`, such as `used_memory`.
    ///
    /// # Errors
    ///
    /// The server cannot be reached, or has no such field.
    pub fn info(&self, name: &str) -> io::Result<String> {
        field(&mut self.connect()?, name)
    }

    /// Makes this server a replica of another, also after a restart, and returns when it has a copy of all data.
    ///
    /// # Errors
    ///
    /// One of the two cannot be reached, or there was no copy within half a minute.
    pub fn replica_of(&self, primary: &Self) -> io::Result<()> {
        let port = primary.port.to_string();
        self.command(&["REPLICAOF", "127.0.0.1", &port])?
            .accepted()?;
        self.command(&["CONFIG", "REWRITE"])?.accepted()?;
        until("a replica in step", || {
            match self.info("master_link_status")?.as_str() {
                "up" => Ok(()),
                status => Err(Complaint::NotYet(format!("the link is {status}"))),
            }
        })
    }

    fn signal(&self, signal: fn(&mut Watcher) -> io::Result<()>, state: State) -> io::Result<()> {
        let mut process = self.process();
        if process.state == State::Killed {
            return Err(io::Error::other("the server has been killed"));
        }
        signal(&mut process.watcher)?;
        process.state = state;
        Ok(())
    }

    fn process(&self) -> MutexGuard<'_, Process> {
        self.process.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn field(connection: &mut Connection, name: &str) -> io::Result<String> {
    let reply = connection.command(&["INFO", "everything"])?.accepted()?;
    let text = reply.text().unwrap_or_default();
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .map(String::from)
        .ok_or_else(|| io::Error::other(format!("INFO has no field {name}")))
}
