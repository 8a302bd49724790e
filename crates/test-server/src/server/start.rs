//! How a server is started, until it answers.

use std::env;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::process;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::process::{Process, State, has_ended};
use super::{Server, field};
use crate::patience::{Complaint, until};
use crate::watcher::Watcher;
use crate::{Builder, Connection, executable, port};

/// So often another port is tried if somebody else was faster.
const ATTEMPTS: usize = 20;

/// How long whatever listens on the port may take to answer while the server starts: it may be somebody else.
const TIME_TO_GREET: Duration = Duration::from_secs(1);

impl Server {
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
                log_before: 0,
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

    fn choose_ports(&mut self) -> io::Result<()> {
        self.port = port::free()?;
        self.tls_port = match self.settings.tls {
            true => Some(port::free_besides(self.port)?),
            false => None,
        };
        self.settings
            .write(&self.directory, self.port, self.tls_port)
    }

    pub(super) fn launch(&self) -> io::Result<()> {
        let log_before = self.log().len();
        let mut process = self.process();
        process.log_before = log_before;
        process.id = process.watcher.start()?;
        process.state = State::Running;
        Ok(())
    }

    /// Waits until this very process answers: if the port was taken, somebody else might.
    pub(super) fn until_it_answers(&self) -> io::Result<()> {
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
        let log = log.get(self.process().log_before..).unwrap_or_default();
        let kind = match log.contains("Address already in use") {
            true => io::ErrorKind::AddrInUse,
            false => io::ErrorKind::Other,
        };
        io::Error::new(kind, format!("the server ended; its log:\n{log}"))
    }
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
