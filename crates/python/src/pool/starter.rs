//! Workers are processes of a `multiprocessing` context, started and waited for in Python.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use procession_arena::sys::event_descriptor::EventDescriptor;
use procession_arena::sys::process::Pidfd;
use procession_arena::sys::readiness::wait_readable;
use procession_engine::ProcessError;
use procession_engine::pool::{StartWorker, WorkerProcess};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Starts the workers of a pool through Python.
pub(super) struct Starter {
    /// Called with the bytes for the worker; returns pid, name, sentinel, and what waits for its exit code.
    start: Py<PyAny>,
    /// Called with what a thread is to call; starts the thread.
    spawn: Py<PyAny>,
    /// What was raised last.
    raised: Mutex<Option<PyErr>>,
}

impl Starter {
    pub(super) fn new(start: Py<PyAny>, spawn: Py<PyAny>) -> Starter {
        Starter {
            start,
            spawn,
            raised: Mutex::default(),
        }
    }

    pub(super) fn take_raised(&self) -> Option<PyErr> {
        self.raised
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    fn note(&self, error: PyErr) {
        let former = self
            .raised
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(error);
        drop(former);
    }

    fn begin(&self, py: Python<'_>, appointment: &[u8]) -> PyResult<Worker> {
        let started = self.start.call1(py, (PyBytes::new(py, appointment),))?;
        let (pid, name, sentinel, exitcode) = started.extract(py)?;
        Worker::new(pid, name, sentinel, exitcode)
    }
}

impl StartWorker for Starter {
    fn start(&self, appointment: Vec<u8>) -> Result<Arc<dyn WorkerProcess>, String> {
        let started = Python::try_attach(|py| match self.begin(py, &appointment) {
            Ok(worker) => Ok(Arc::new(worker) as Arc<dyn WorkerProcess>),
            Err(error) => {
                let reason = error.to_string();
                self.note(error);
                Err(reason)
            }
        });
        started.unwrap_or_else(|| Err("the interpreter is ending".to_owned()))
    }

    fn spawn(&self, supervise: Box<dyn FnOnce() + Send>) -> io::Result<()> {
        let spawned = Python::try_attach(|py| {
            let supervision = Supervision(Mutex::new(Some(supervise)));
            self.spawn
                .call1(py, (supervision,))
                .map(drop)
                .map_err(|error| {
                    let reason = io::Error::other(error.to_string());
                    self.note(error);
                    reason
                })
        });
        spawned.unwrap_or_else(|| Err(io::Error::other("the interpreter is ending")))
    }
}

impl fmt::Debug for Starter {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Starter").finish_non_exhaustive()
    }
}

/// What the thread that watches the workers calls.
#[pyclass(frozen, module = "procession._native")]
struct Supervision(Mutex<Option<Box<dyn FnOnce() + Send>>>);

#[pymethods]
impl Supervision {
    fn __call__(&self, py: Python<'_>) {
        let supervise = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(supervise) = supervise {
            py.detach(supervise);
        }
    }
}

/// A process of a context.
struct Worker {
    pid: u32,
    name: String,
    end: End,
    /// Waits for the exit code, which is there by the time that the process has ended, or nearly.
    exitcode: Py<PyAny>,
}

enum End {
    Awaited(Pidfd),
    /// It had ended before it could be opened.
    Seen(EventDescriptor),
}

impl Worker {
    fn new(
        pid: Option<u32>,
        name: String,
        sentinel: Option<i32>,
        exitcode: Py<PyAny>,
    ) -> PyResult<Worker> {
        let end = match pid.and_then(|pid| Pidfd::open(pid).ok()) {
            // Its parent may have reaped it meanwhile, and the number be another's; but not as long as this says nothing.
            Some(pidfd) if !sentinel.is_some_and(has_ended) => End::Awaited(pidfd),
            _ => {
                let seen = EventDescriptor::new()?;
                seen.notify()?;
                End::Seen(seen)
            }
        };
        Ok(Worker {
            pid: pid.unwrap_or(0),
            name,
            end,
            exitcode,
        })
    }
}

fn has_ended(sentinel: i32) -> bool {
    if sentinel < 0 {
        return true;
    }
    // SAFETY: the process object, which whoever started it still has, keeps its sentinel open.
    let sentinel = unsafe { BorrowedFd::borrow_raw(sentinel) };
    wait_readable(&[sentinel], Some(Duration::ZERO)).is_ok_and(|ready| ready.contains(&true))
}

const NOT_TOLD: &str = "whoever started it could not say";

impl WorkerProcess for Worker {
    fn pid(&self) -> u32 {
        self.pid
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn descriptor(&self) -> BorrowedFd<'_> {
        match &self.end {
            End::Awaited(pidfd) => pidfd.as_fd(),
            End::Seen(descriptor) => descriptor.as_fd(),
        }
    }

    fn kill(&self) -> Result<(), ProcessError> {
        match &self.end {
            End::Awaited(pidfd) => pidfd.kill().map_err(|source| ProcessError::System {
                call: "pidfd_send_signal",
                source: Arc::new(source),
            }),
            End::Seen(_) => Ok(()),
        }
    }

    fn ending(&self) -> Result<(), ProcessError> {
        let exitcode = Python::try_attach(|py| {
            let told = self.exitcode.call0(py)?;
            told.extract::<Option<i32>>(py)
        });
        match exitcode {
            Some(Ok(Some(0))) => Ok(()),
            Some(Ok(Some(code))) if code > 0 => Err(ProcessError::Exited { code }),
            Some(Ok(Some(code))) => Err(ProcessError::Signaled {
                signal: -code,
                core_dumped: false,
            }),
            _ => Err(ProcessError::StatusUnknown { reason: NOT_TOLD }),
        }
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Worker")
            .field("pid", &self.pid)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
