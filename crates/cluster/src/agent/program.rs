//! A program of Rust as a worker host.

use std::sync::Arc;
use std::thread;

use procession_arena::sys::termination::TerminationRequests;
use procession_engine::pool::{Pool, PoolConfig};
use procession_engine::{Command, PoolError, build_id};

use super::{
    Arguments, Begin, HostedProcess, ProcessRequest, Settings, StartProcess, Stop, URL, host_name,
    log, serve,
};
use crate::pool::unavailable;
use crate::{Cluster, ClusterError};

/// Serves pools with workers that run this program, until the process is told to stop: by `SIGTERM` or Ctrl-C it drains, by a second one it
/// kills its workers. What it has to tell it prints to its standard error. To be called in the beginning of a program, behind [`init`](procession_engine::init).
///
/// Workers find the server's address in the environment variable `PROCESSION_URL`.
///
/// # Errors
///
/// As [`serve`]; and [`PoolError::Launch`] if workers cannot be started.
pub fn serve_as_program(arguments: &Arguments) -> Result<(), PoolError> {
    log::print_events();
    let stop = Stop::new();
    heed_signals(&stop).map_err(|error| unavailable(ClusterError::system(&error)))?;
    let cluster = Cluster::connect(&arguments.address).map_err(unavailable)?;
    let build = build_id()?.clone();
    let slots = arguments
        .slots
        .unwrap_or_else(|| thread::available_parallelism().map_or(1, Into::into));
    let workers = PoolConfig {
        workers: slots,
        command: Command::new().env(URL, arguments.address.url()),
        ..PoolConfig::default()
    };
    let pool = Arc::new(Pool::new(workers)?);
    let settings = Settings {
        name: arguments.name.clone().unwrap_or_else(host_name),
        pools: arguments.pools.clone(),
        slots,
        code: build.to_string(),
        drain: arguments.drain,
    };
    tracing::info!(host = settings.name, slots, pools = ?settings.pools, code = settings.code, "a worker host begins");
    let runs = Arc::clone(&pool);
    let begin: Arc<Begin> =
        Arc::new(move |work, settings| runs.job_by_name(work, &build, settings));
    let served = serve(&cluster, &settings, &begin, &starter(arguments)?, &stop);
    pool.terminate();
    served
}

/// Starts processes that run this program.
fn starter(arguments: &Arguments) -> Result<Arc<StartProcess>, PoolError> {
    let build = build_id()?.clone();
    let url = arguments.address.url().to_owned();
    Ok(Arc::new(move |request: ProcessRequest| {
        let command = request.command.into_command().env(URL, &url);
        let started = command.start_by_name(request.work, &build, request.arguments);
        match started {
            Ok(child) => Ok(Arc::new(child) as Arc<dyn HostedProcess>),
            Err(error) => Err(error.to_string()),
        }
    }))
}

/// Has the signals that ask for the process's end tell `stop`.
fn heed_signals(stop: &Stop) -> std::io::Result<()> {
    let requests = TerminationRequests::hear()?;
    let stop = stop.clone();
    let thread = thread::Builder::new().name("termination requests".to_owned());
    let heed = move || {
        while requests.wait().is_ok() {
            stop.insist();
        }
    };
    thread.spawn(heed).map(drop)
}
