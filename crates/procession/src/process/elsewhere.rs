//! A process that runs on a worker host.

use std::process::ExitStatus;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use procession_cluster::Cluster as Server;
use procession_cluster::pool::{DEFAULT, PATIENCE_FOR_HOSTS};
use procession_cluster::process::{Process as Core, Settings, Signal};
use procession_engine::pool::NamedWork;
use procession_engine::{Command, ProcessError, build_id};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec::CodecError;
use crate::place::{decode_from_server, encode_for_server};
use crate::{Cluster, SpawnError};

/// A process that runs on a worker host.
pub(super) struct Elsewhere {
    core: Core,
    server: Server,
    host: String,
    pid: u32,
}

impl Elsewhere {
    /// Has a host start a process, and waits until it has.
    pub(super) fn start<A: Serialize + 'static>(
        cluster: &Cluster,
        pool: Option<&str>,
        work: &'static NamedWork,
        command: Command,
        arguments: &A,
    ) -> Result<Elsewhere, SpawnError> {
        let server = cluster.core.clone();
        let command = command
            .carried(next_name)
            .map_err(|setting| SpawnError::Setting { setting })?;
        let mut bytes = Vec::new();
        encode_for_server(&server, arguments, &mut bytes).map_err(SpawnError::arguments)?;
        let settings = Settings {
            pool: pool.unwrap_or(DEFAULT).to_owned(),
            code: build_id()?.to_string(),
            patience_for_hosts: PATIENCE_FOR_HOSTS,
        };
        let core = Core::request(&server, &settings, work, command, &bytes)?;
        core.wait_until_begun(None)?;
        let (host, pid) = core.place().unwrap_or_default();
        Ok(Elsewhere {
            core,
            server,
            host,
            pid,
        })
    }

    pub(super) fn wait(&self, timeout: Option<Duration>) -> Result<(), ProcessError> {
        // A time too far away to be expressed is no limit.
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        match self.core.wait(deadline)? {
            true => Ok(()),
            false => Err(ProcessError::StillRunning),
        }
    }

    /// What the function has returned.
    pub(super) fn result<R: DeserializeOwned + 'static>(
        &self,
    ) -> Result<Result<R, CodecError>, ProcessError> {
        let ending = self.core.ending()?;
        let mut bytes = ending.outcome()?.to_vec();
        Ok(decode_from_server(&self.server, &mut bytes))
    }

    pub(super) fn is_alive(&self) -> bool {
        self.core.is_alive()
    }

    pub(super) fn signal(&self, signal: Signal) -> Result<(), ProcessError> {
        self.core.signal(signal)
    }

    pub(super) fn exit_status(&self) -> Option<ExitStatus> {
        self.core.ending().ok()?.status()
    }

    pub(super) fn name(&self) -> &str {
        self.core.name()
    }

    pub(super) fn host(&self) -> &str {
        &self.host
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }
}

/// What a process on another machine is called if nobody has named it.
fn next_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("HostedProcess-{number}")
}
