//! A host: a process that has its workers carry out the tasks of pools on a server.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use procession_arena::sys::process::Pidfd;
use procession_cluster::agent::{
    self, Begin, HostedProcess, ProcessRequest, Settings, StartProcess, Stop,
};
use procession_cluster::process::{Ending, Signal};
use procession_engine::{PoolError, ProcessError};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

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

/// Takes tasks of the pools of these names from the server and has the workers of `pool` carry them out, and starts processes for others by calling `start` with
/// their names and what they are, until it is told to stop.
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
    start: Py<PyAny>,
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
    let start: Arc<StartProcess> = Arc::new(move |request| start_process(&start, &request));
    let (server, stop) = (server.0.clone(), stop.0.clone());
    let serve = move || agent::serve(&server, &settings, &begin, &start, &stop);
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

/// A process of the interpreter that this host has started for somebody else.
#[derive(Debug)]
struct Started {
    /// What the interpreter knows of it, which is what reaps it.
    process: Py<PyAny>,
    pid: u32,
    pidfd: Pidfd,
}

fn start_process(
    start: &Py<PyAny>,
    request: &ProcessRequest,
) -> Result<Arc<dyn HostedProcess>, String> {
    let name = request.command.name();
    let data = &request.arguments;
    let started = Python::try_attach(|py| -> PyResult<Started> {
        let process = start.call1(py, (name, PyBytes::new(py, data)))?;
        let pid = process.getattr(py, "pid")?.extract(py)?;
        let Ok(pidfd) = Pidfd::open(pid) else {
            // Nobody could wait for it.
            process.call_method0(py, "kill")?;
            return Err(PyOSError::new_err("there is no descriptor left for it"));
        };
        Ok(Started {
            process,
            pid,
            pidfd,
        })
    });
    match started {
        Some(Ok(started)) => Ok(Arc::new(started)),
        Some(Err(error)) => Err(error.to_string()),
        None => Err("the interpreter of the host exits".to_owned()),
    }
}

impl Started {
    /// The exit code as the interpreter tells it, and what it has raised; nothing if the interpreter does not know it any more.
    fn end(&self) -> Option<(i32, Option<ProcessError>)> {
        Python::try_attach(|py| {
            let code: Option<i32> = self.process.getattr(py, "exitcode")?.extract(py)?;
            let words = self.process.call_method0(py, "last_words")?;
            let words: Option<(bool, String)> = words.extract(py)?;
            let raised = words.map(|(has_begun, traceback)| raised(has_begun, traceback));
            Ok::<_, PyErr>(code.map(|code| (code, raised)))
        })?
        .ok()?
    }
}

impl HostedProcess for Started {
    fn pid(&self) -> u32 {
        self.pid
    }

    fn signal(&self, signal: Signal) -> Result<(), String> {
        let sent = match signal {
            Signal::Terminate => self.pidfd.terminate(),
            Signal::Kill => self.pidfd.kill(),
        };
        sent.map_err(|error| error.to_string())
    }

    fn wait(&self) -> Ending {
        // Not the interpreter waits, into which no thread may come back once it exits.
        while matches!(self.pidfd.wait_exit(None), Ok(false)) {}
        match self.end() {
            Some((code, Some(raised))) => Ending::of(Some(status(code)), Err(raised)),
            Some((code, None)) => Ending::of_status(status(code)),
            None => Ending::of(
                None,
                Err(ProcessError::StatusUnknown {
                    reason: "the interpreter of the host was just exiting",
                }),
            ),
        }
    }
}

/// The exit status, of which the interpreter tells the exit code, or the signal as a number below zero.
fn status(code: i32) -> ExitStatus {
    ExitStatus::from_raw(match code >= 0 {
        true => code << 8,
        false => -code,
    })
}

/// What a process has raised; before or after it had begun to be what it was to be.
fn raised(has_begun: bool, traceback: String) -> ProcessError {
    match has_begun {
        false => ProcessError::Refused { reason: traceback },
        true => ProcessError::Panicked {
            message: traceback.lines().last().unwrap_or_default().to_owned(),
            location: String::new(),
            backtrace: traceback,
            thread: "MainThread".to_owned(),
        },
    }
}
