//! One server.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::certificates::Certificates;
use crate::patience::{Complaint, until};
use crate::watcher::Watcher;
use crate::{Builder, Connection, Reply, executable, port};

/// So often another port is tried if somebody else was faster.
const ATTEMPTS: usize = 20;

/// How long whatever listens on the port may take to answer while the server starts: it may be somebody else.
const TIME_TO_GREET: Duration = Duration::from_secs(1);

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

#[derive(Debug)]
struct Process {
    watcher: Watcher,
    id: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    Paused,
    Killed,
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

    pub(crate) fn with(settings: Builder) -> io::Result<Self> {
        let directory = directory();
        let watcher = Watcher::begin(&executable()?, &directory, settings.role.arguments())?;
        fs::create_dir(&directory)?;
        let mut server = Self {
            settings,
            directory,
            port: 0,
            tls_port: None,
            process: Mutex::new(Process {
                watcher,
                id: 0,
                state: State::Killed,
            }),
        };
        for _ in 0..ATTEMPTS {
            server.choose_ports()?;
            server.launch()?;
            match server.until_it_answers() {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => server.kill()?,
                outcome => return outcome.map(|()| server),
            }
        }
        let text = format!("{ATTEMPTS} ports were taken by others, one after the other");
        Err(io::Error::new(io::ErrorKind::AddrInUse, text))
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

    fn choose_ports(&mut self) -> io::Result<()> {
        self.port = port::free()?;
        self.tls_port = match self.settings.tls {
            true => Some(port::free_besides(self.port)?),
            false => None,
        };
        self.settings
            .write(&self.directory, self.port, self.tls_port)
    }

    fn launch(&self) -> io::Result<()> {
        let mut process = self.process();
        process.id = process.watcher.start()?;
        process.state = State::Running;
        Ok(())
    }

    /// Waits until this very process answers: if the port was taken, somebody else might.
    fn until_it_answers(&self) -> io::Result<()> {
        let id = self.pid().to_string();
        until("a server that answers", || {
            if has_ended(&id) {
                return Err(Complaint::Final(self.refused()));
            }
            let mut connection =
                Connection::open_within(TIME_TO_GREET, self.port, self.password())?;
            connection.command(&["PING"])?.accepted()?;
            match field(&mut connection, "process_id")? {
                answering if answering == id => Ok(()),
                other => Err(Complaint::NotYet(format!("process {other} answered"))),
            }
        })
    }

    /// Why the server ended by itself.
    fn refused(&self) -> io::Error {
        let log = self.log();
        let kind = match log.contains("Address already in use") {
            true => io::ErrorKind::AddrInUse,
            false => io::ErrorKind::Other,
        };
        io::Error::new(kind, format!("the server ended; its log:\n{log}"))
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

/// A name that no other server has, not even one that is just ending and whose process had the same id.
fn directory() -> PathBuf {
    static SERVERS: AtomicU64 = AtomicU64::new(0);
    let number = SERVERS.fetch_add(1, Ordering::Relaxed);
    let random = port::random();
    env::temp_dir().join(format!(
        "procession-redis-{}-{number}-{random:x}",
        process::id()
    ))
}

/// Whether a process is gone, or dead and not yet waited for.
fn has_ended(id: &str) -> bool {
    matches!(kernel_state(id), None | Some('Z' | 'X'))
}

/// The letter that stands for the state of a process in `/proc`.
fn kernel_state(id: &str) -> Option<char> {
    let line = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // It follows the name, which stands in parentheses.
    let (_, rest) = line.rsplit_once(") ")?;
    rest.chars().next()
}
