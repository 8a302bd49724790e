//! A host: a process that has its workers carry out the tasks of pools on a server.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use procession_cluster::agent::{self, Begin, Settings, Stop};
use procession_engine::PoolError;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::error::to_exception;
use super::owner::Pool;
use crate::cluster::Cluster;

/// How long signals may wait for their handlers.
const SLICE: Duration = Duration::from_millis(100);

/// Tells a host to stop.
#[pyclass(frozen, module = "procession._native")]
pub(crate) struct HostStop(Stop);

#[pymethods]
impl HostStop {
    #[new]
    fn new() -> HostStop {
        HostStop(Stop::new())
    }

    /// Has it take no more tasks, and end when those that run are done or its time for that is over; said once more, has it end at once.
    fn insist(&self) {
        self.0.insist();
    }
}

/// Takes tasks of the pools of these names from the server and has the workers of `pool` carry them out, until it is told to stop.
#[pyfunction]
#[expect(
    clippy::too_many_arguments,
    reason = "they are those of a command line"
)]
pub(crate) fn serve_as_host(
    py: Python<'_>,
    server: &Cluster,
    pool: &Pool,
    stop: &HostStop,
    name: Option<String>,
    pools: Vec<String>,
    slots: usize,
    code: String,
    drain: f64,
) -> PyResult<()> {
    let settings = Settings {
        name: name.unwrap_or_else(agent::host_name),
        pools,
        slots,
        code,
        drain: Duration::try_from_secs_f64(drain)
            .map_err(|error| PyValueError::new_err(error.to_string()))?,
    };
    agent::print_events();
    let owner = Arc::clone(&pool.0);
    // Whatever it is called by whoever has sent it: what Python pools have done is one and the same.
    let begin: Arc<Begin> = Arc::new(move |_, settings| owner.begin_for_others(settings));
    let (server, stop) = (server.0.clone(), stop.0.clone());
    let serve = move || agent::serve(&server, &settings, &begin, &stop);
    let serving = thread::Builder::new()
        .name("host".to_owned())
        .spawn(serve)?;
    while !serving.is_finished() {
        py.detach(|| thread::sleep(SLICE));
        py.check_signals()?;
    }
    let served = serving.join().unwrap_or_else(|_| {
        let reason = "the thread of the host has panicked".to_owned();
        Err(PoolError::Refused { reason })
    });
    served.map_err(|error| to_exception(py, &error))
}
