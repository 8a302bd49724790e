//! Processes that hosts start for others. The argument is in `README.md`.

mod ending;
mod launcher;
mod request;
mod state;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use procession_engine::pool::{Item, Job, JobSettings, NamedWork, Order, TaskOptions};
use procession_engine::{CarriedCommand, PoolError, ProcessError};

pub use ending::Ending;
pub(crate) use request::{Begun, Request};

use crate::pool::unavailable;
use crate::{Cluster, ClusterError};
use launcher::Launcher;
use state::State;

/// What ends a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// `SIGTERM`: it is asked to.
    Terminate,
    /// `SIGKILL`: it is not asked.
    Kill,
}

impl Signal {
    /// As the system knows it.
    pub fn number(self) -> i32 {
        match self {
            Signal::Terminate => 15,
            Signal::Kill => 9,
        }
    }

    /// The signal of that number.
    pub(crate) fn of(number: &[u8]) -> Option<Signal> {
        match number {
            b"15" => Some(Signal::Terminate),
            b"9" => Some(Signal::Kill),
            _ => None,
        }
    }
}

/// Which hosts are to start a process, and how long they may be waited for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Settings {
    /// Those that serve the pool of that name.
    pub pool: String,
    /// Which program they must run.
    pub code: String,
    /// How long there may be none.
    pub patience_for_hosts: Duration,
}

/// A process that a host has started, or is to start, for this one.
///
/// # If a process dies
///
/// If it is the process, or its host, whoever waits is told. If it is this one, the process goes on, unless it is daemonic.
pub struct Process {
    state: Arc<State>,
    job: Job,
    launcher: Arc<Launcher>,
}

impl Process {
    /// Asks for a process that has `work` done with these encoded arguments. It need not have begun when this returns.
    ///
    /// # Errors
    ///
    /// [`PoolError::Unavailable`] if the server cannot be used; [`PoolError::Launch`] if `work` is no constant of this program.
    pub fn request(
        cluster: &Cluster,
        settings: &Settings,
        work: &'static NamedWork,
        command: CarriedCommand,
        arguments: &[u8],
    ) -> Result<Process, PoolError> {
        let launcher = Launcher::of(cluster, settings)?;
        let id = cluster.fresh_name().map_err(unavailable)?;
        let state = launcher.register(&id, command.name());
        let request = Request { id, command };
        match submit(&launcher, &state, work, &request, arguments) {
            Ok(job) => Ok(Process {
                state,
                job,
                launcher,
            }),
            Err(error) => {
                launcher.register.forget(&state.id);
                Err(error)
            }
        }
    }

    /// Waits until a host has started the process; false if the time is over before.
    ///
    /// # Errors
    ///
    /// Why no host has started it: [`PoolError::NoWorkerHost`], [`PoolError::Refused`], [`PoolError::TooLarge`] and their like.
    pub fn wait_until_begun(&self, deadline: Option<Instant>) -> Result<bool, PoolError> {
        self.state.wait_until_begun(deadline)
    }

    /// Waits until the process has ended; false if the time is over before.
    ///
    /// # Errors
    ///
    /// [`ProcessError::NotOwnChild`] in a forked copy of the process that has asked for it. How it ended is no error here: see
    /// [`ending`](Self::ending).
    pub fn wait(&self, deadline: Option<Instant>) -> Result<bool, ProcessError> {
        self.state.wait(deadline)
    }

    /// How the process has ended.
    ///
    /// # Errors
    ///
    /// [`ProcessError::StillRunning`] before that; [`ProcessError::HostLost`] if it has ended with its host, and
    /// [`ProcessError::Unavailable`] if that cannot be known.
    pub fn ending(&self) -> Result<Arc<Ending>, ProcessError> {
        self.state.ending()
    }

    /// Whether nothing has been heard of its end.
    pub fn is_alive(&self) -> bool {
        matches!(self.ending(), Err(ProcessError::StillRunning))
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        &self.state.name
    }

    /// What the host is called that has started it, and the number under which its system knows it; `None` before that.
    pub fn place(&self) -> Option<(String, u32)> {
        self.state.place()
    }

    /// Has `watcher` called once, when the process has ended; at once if it has.
    pub fn watch(&self, watcher: impl FnOnce() + Send + 'static) {
        self.state.watch(Box::new(watcher));
    }

    /// Sends a signal to the process; one that no host has begun is never begun then. Nothing happens if it has ended.
    ///
    /// # Errors
    ///
    /// [`ProcessError::Unavailable`] if the server cannot be told; [`ProcessError::NotOwnChild`] in a forked copy.
    pub fn signal(&self, signal: Signal) -> Result<(), ProcessError> {
        self.state.check_ownership()?;
        if !self.is_alive() {
            return Ok(());
        }
        let is_to_be_begun = match self.launcher.id_of(&self.state.id) {
            Some(id) => {
                let sent = self.launcher.send(&id, signal);
                sent.map_err(|error: ClusterError| told(&unavailable(error)))?
            }
            // The server does not have it yet, or not any more.
            None => self.state.place().is_none(),
        };
        if is_to_be_begun {
            self.state.note_signal(signal);
            self.job.cancel().map_err(|error| told(&error))?;
        }
        Ok(())
    }
}

/// Submits the task that starts a process.
fn submit(
    launcher: &Launcher,
    state: &Arc<State>,
    work: &'static NamedWork,
    request: &Request,
    arguments: &[u8],
) -> Result<Job, PoolError> {
    let task = request.encode(arguments).map_err(unavailable)?;
    let (state, register) = (Arc::clone(state), launcher.register.clone());
    let settings = JobSettings {
        label: "process".into(),
        options: TaskOptions::default(),
        order: Order::AsSubmitted,
        callback: Some(Box::new(move |outcomes| {
            register.forget(&state.id);
            state.note_outcome(outcomes.first());
        })),
        attended: true,
    };
    let job = launcher.pool.job(work, settings)?;
    job.push(Item::new(task, &[])?)?;
    job.seal();
    Ok(job)
}

/// What whoever waits for a process is told of what has happened to the task that starts it.
fn told(error: &PoolError) -> ProcessError {
    match error {
        PoolError::HostLost { host, .. } => ProcessError::HostLost { host: host.clone() },
        PoolError::LocalObject => ProcessError::LocalObject,
        PoolError::ForkedCopy => ProcessError::NotOwnChild,
        other => ProcessError::Unavailable {
            reason: other.to_string(),
        },
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Process")
            .field("name", &self.name())
            .field("place", &self.place())
            .finish_non_exhaustive()
    }
}
