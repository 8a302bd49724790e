//! The agent of a worker host: one process for each host, which takes tasks from pools on a server and has local workers carry
//! them out. See `pool/README.md`.

mod accept;
mod arguments;
mod cancellations;
mod drain;
mod fetching;
mod held;
mod log;
mod program;
mod results;
mod slots;
mod station;
mod stop;
mod verdict;

use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use procession_engine::PoolError;
use procession_engine::pool::{Job, JobSettings, WorkName};

pub use arguments::{Arguments, ArgumentsError, SWITCH, URL, USAGE};
pub use log::print_events;
pub use program::serve_as_program;
pub use stop::Stop;

use crate::Cluster;
use crate::pool::unavailable;
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

/// Begins a job of the local pool, for a task that asks for that work.
pub type Begin = dyn Fn(WorkName, JobSettings) -> Result<Job, PoolError> + Send + Sync;

/// Takes tasks from the server and has them carried out by the local pool, until `stop` says so.
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
    stop: &Stop,
) -> Result<(), PoolError> {
    let slots = Arc::new(Slots::new(settings.slots));
    let failure: Mutex<Option<PoolError>> = Mutex::new(None);
    thread::scope(|scope| {
        for pool in &settings.pools {
            let (slots, failure) = (&slots, &failure);
            let serve = move || {
                let served = Station::open(cluster, pool, settings, begin, slots, stop)
                    .map_err(unavailable)
                    .and_then(|station| station.serve());
                if let Err(error) = served {
                    let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
                    failure.get_or_insert(error);
                    // A host that serves some of its pools only would look healthy.
                    stop.drain();
                }
            };
            let thread = thread::Builder::new().name(format!("host of {pool}"));
            if let Err(error) = thread.spawn_scoped(scope, serve) {
                let error = unavailable(crate::ClusterError::system(&error));
                let mut failure = failure.lock().unwrap_or_else(PoisonError::into_inner);
                failure.get_or_insert(error);
                stop.drain();
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
