//! The agent of a worker host: one process for each host, which takes tasks from pools on a server and has local workers carry
//! them out, and starts processes for others. See `pool/README.md` and `process/README.md`.

mod accept;
mod arguments;
mod cancellations;
mod drain;
mod duty;
mod fetching;
mod held;
mod hosted_process;
mod log;
mod processes;
mod program;
mod results;
mod slots;
mod station;
mod stop;
mod underway;
mod verdict;

use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use procession_engine::PoolError;

pub use arguments::{Arguments, ArgumentsError, SWITCH, URL, USAGE};
pub use duty::{Begin, StartProcess};
pub use hosted_process::{HostedProcess, ProcessRequest};
pub use log::print_events;
pub use program::serve_as_program;
pub use stop::Stop;

use crate::Cluster;
use crate::pool::unavailable;
use duty::Duty;
use slots::Slots;
use station::Station;

/// How a worker host is to be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What users call it; [`host_name`] if nothing else is said.
    pub name: String,
    /// The pools whose tasks it carries out.
    pub pools: Vec<String>,
    /// Tasks that it carries out at a time: one for each local worker.
    pub slots: usize,
    /// Which program it runs: only tasks for that are its business.
    pub code: String,
    /// How long tasks may go on after the host was told to stop; then they are ended, and others begin them again.
    pub drain: Duration,
}

/// Takes tasks from the server and has them carried out by the local pool, as `begin` begins them, and starts processes for others by `start`, until
/// `stop` says so.
///
/// # Errors
///
/// [`PoolError::Unavailable`] if the server cannot be reached at the beginning; later this waits for it. [`PoolError::Broken`]
/// and its like if the local pool has ended.
///
/// # If a process dies
///
/// If it is a local worker, its task goes to the next free one at once, here or elsewhere, if it may be run again. If it is this process, the same
/// happens when its lease is over.
pub fn serve(
    cluster: &Cluster,
    settings: &Settings,
    begin: &Arc<Begin>,
    start: &Arc<StartProcess>,
    stop: &Stop,
) -> Result<(), PoolError> {
    let slots = Arc::new(Slots::new(settings.slots));
    let failure: Mutex<Option<PoolError>> = Mutex::new(None);
    let note = |error: PoolError| {
        let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert(error);
        // A host that serves some of its pools only would look healthy.
        stop.drain();
    };
    thread::scope(|scope| {
        for pool in &settings.pools {
            let duties = [
                Duty::tasks(begin, &slots),
                Duty::Processes {
                    start: Arc::clone(start),
                },
            ];
            for duty in duties {
                let name = format!("{} of {pool}", duty.name());
                let (note, settings) = (&note, &settings);
                let serve = move || {
                    let served = Station::open(cluster, pool, settings, duty, stop)
                        .map_err(unavailable)
                        .and_then(|station| station.serve());
                    if let Err(error) = served {
                        note(error);
                    }
                };
                let thread = thread::Builder::new().name(name);
                if let Err(error) = thread.spawn_scoped(scope, serve) {
                    note(unavailable(crate::ClusterError::system(&error)));
                }
            }
        }
    });
    let failure = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
    failure.map_or(Ok(()), Err)
}

/// What this machine is called.
pub fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "unknown".to_owned(),
        name => name.to_owned(),
    }
}
