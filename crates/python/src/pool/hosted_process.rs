//! Processes that hosts start for this one.

use std::io::{self, PipeReader};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

use procession_cluster::pool::PATIENCE_FOR_HOSTS;
use procession_cluster::process::{Process as Core, Settings, Signal};
use procession_engine::{CarriedCommand, PoolError, ProcessError, init_library};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use super::error::to_exception;
use super::slices::{deadline, wait_in_slices};
use super::worker::PERFORM;
use crate::cluster::Cluster;
use crate::encoding::{Pickler, decode, encode_for};
use crate::transfer::Goal;

/// What the exit code is of a process of which nobody knows how it has ended, since its host was lost.
const HOST_LOST: i32 = -255;

/// A process that a host has started for this one, or is to start.
#[pyclass(frozen, module = "procession._native")]
pub(crate) struct HostedProcess {
    core: Core,
    /// Readable when the process has ended.
    sentinel: PipeReader,
}

#[pymethods]
impl HostedProcess {
    /// Asks the hosts that serve the pool of that name, and run `code`, for a process, which is what `process` is there.
    #[new]
    #[pyo3(signature = (server, pool, code, name, daemon, process, patience_for_hosts=None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "they are what a process is made of"
    )]
    fn new(
        py: Python<'_>,
        server: &Cluster,
        pool: String,
        code: String,
        name: String,
        daemon: bool,
        process: &Bound<'_, PyAny>,
        patience_for_hosts: Option<f64>,
    ) -> PyResult<HostedProcess> {
        init_library();
        let patience_for_hosts = match patience_for_hosts {
            None => PATIENCE_FOR_HOSTS,
            Some(seconds) => Duration::try_from_secs_f64(seconds)
                .map_err(|error| PyValueError::new_err(error.to_string()))?,
        };
        let bytes = encode_for(process, &Pickler::default(), Goal::Host(&server.0))?.into_bytes();
        let settings = Settings {
            pool,
            code,
            patience_for_hosts,
        };
        let command = CarriedCommand::new(name, daemon);
        let server = server.0.clone();
        let core = py
            .detach(|| Core::request(&server, &settings, &PERFORM, command, &bytes))
            .map_err(|error| to_exception(py, &error))?;
        let (sentinel, writer) = io::pipe()?;
        core.watch(move || drop(writer));
        Ok(HostedProcess { core, sentinel })
    }

    /// Waits until a host has started the process. Raises why none has.
    fn wait_until_begun(&self, py: Python<'_>) -> PyResult<()> {
        let begun = wait_in_slices(py, None, |until| match self.core.wait_until_begun(until) {
            Ok(false) => None,
            Ok(true) => Some(Ok(())),
            Err(error) => Some(Err(error)),
        })?;
        begun
            .unwrap_or(Ok(()))
            .map_err(|error| to_exception(py, &error))
    }

    /// Waits until the process has ended; False if the time is over before.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let ended = wait_in_slices(py, deadline(timeout), |until| match self.core.wait(until) {
            Ok(false) => None,
            Ok(true) => Some(Ok(())),
            Err(error) => Some(Err(error)),
        })?;
        match ended {
            None => Ok(false),
            Some(Ok(())) => Ok(true),
            Some(Err(error)) => Err(raised(py, &error)),
        }
    }

    /// The exit code, or less than nothing for the signal that has ended it; None as long as it runs.
    fn exitcode(&self) -> Option<i32> {
        match self.core.ending() {
            Ok(ending) => ending
                .status()
                .map(|status| {
                    status
                        .code()
                        .unwrap_or_else(|| -status.signal().unwrap_or(0))
                })
                .or(Some(HOST_LOST)),
            Err(ProcessError::StillRunning | ProcessError::NotOwnChild) => None,
            Err(_) => Some(HOST_LOST),
        }
    }

    /// What it has raised, or why nobody knows how it has ended; None if it has ended otherwise, or not at all.
    fn failure<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let error = match self.core.ending() {
            Ok(ending) => match ending.outcome().err()? {
                ProcessError::Panicked { backtrace, .. } => PyRuntimeError::new_err(backtrace),
                ProcessError::Refused { reason } => PyRuntimeError::new_err(reason),
                _ => return None,
            },
            Err(ProcessError::StillRunning | ProcessError::NotOwnChild) => return None,
            Err(error) => raised(py, &error),
        };
        Some(error.into_value(py).into_bound(py).into_any())
    }

    /// What its host is called, and the number under which the system knows it there; None before it has begun.
    fn place(&self) -> Option<(String, u32)> {
        self.core.place()
    }

    /// Asks it to end.
    fn terminate(&self, py: Python<'_>) -> PyResult<()> {
        self.signal(py, Signal::Terminate)
    }

    /// Ends it.
    fn kill(&self, py: Python<'_>) -> PyResult<()> {
        self.signal(py, Signal::Kill)
    }

    /// A descriptor that is readable when the process has ended.
    fn sentinel(&self) -> RawFd {
        self.sentinel.as_raw_fd()
    }
}

impl HostedProcess {
    fn signal(&self, py: Python<'_>, signal: Signal) -> PyResult<()> {
        py.detach(|| self.core.signal(signal))
            .map_err(|error| raised(py, &error))
    }
}

fn raised(py: Python<'_>, error: &ProcessError) -> PyErr {
    to_exception(
        py,
        &match error {
            ProcessError::HostLost { host } => PoolError::HostLost {
                host: host.clone(),
                attempts: 1,
            },
            ProcessError::NotOwnChild => PoolError::ForkedCopy,
            ProcessError::Unavailable { reason } => PoolError::Unavailable {
                reason: reason.clone(),
            },
            other => PoolError::Refused {
                reason: other.to_string(),
            },
        },
    )
}

/// What a process is that has come to this host.
#[pyfunction]
pub(crate) fn arrived_process(py: Python<'_>, data: Vec<u8>) -> PyResult<Bound<'_, PyAny>> {
    decode(py, data, Vec::new())
}
