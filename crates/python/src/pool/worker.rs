//! What a worker process does.

use std::sync::OnceLock;

use procession_arena::Error;
use procession_engine::host::Answer;
use procession_engine::pool::{NamedWork, serve_as_worker};
use procession_engine::{EntryError, aside, is_aside, with_participant};
use pyo3::prelude::*;

use super::call::{self, Call};
use super::result;
use crate::encoding::Pickler;
use crate::error::to_exception;

/// Takes an appointment up: prepares this process by calling `prepare`, and carries out one task after another until the pool
/// needs it no longer. False if it could not be prepared.
#[pyfunction]
pub(crate) fn serve(py: Python<'_>, appointment: Vec<u8>, prepare: Py<PyAny>) -> PyResult<bool> {
    let prepare = || Python::attach(|py| prepared(py, &prepare));
    let served = py.detach(|| {
        with_participant::<_, Error>(|me| {
            me.call_off_waits_by(Some(run_handlers));
            Ok(())
        })?;
        serve_as_worker(appointment, prepare)
    });
    served.map_err(|error| to_exception(py, error))
}

fn prepared(py: Python<'_>, prepare: &Py<PyAny>) -> Result<(), String> {
    match prepare.call0(py) {
        Ok(_) => Ok(()),
        Err(error) => Err(result::traceback_of(py, &error)),
    }
}

/// Runs the handlers of signals that come while there is nothing to do; the wait goes on.
fn run_handlers() -> bool {
    if !is_aside() {
        aside(|| Python::try_attach(forget_interrupts));
    }
    false
}

/// Runs the handlers of signals. What they raise concerns no task: the default handler of `SIGINT` raises when the user of
/// the terminal interrupts the owner, who decides what becomes of the workers.
fn forget_interrupts(py: Python<'_>) {
    let _ = py.check_signals();
}

/// What every task of the Python package has a worker do.
pub(super) static PERFORM: NamedWork = NamedWork::new(perform);

fn perform(bytes: &mut Vec<u8>, answer: Answer<'_>) -> Result<(), EntryError> {
    Python::attach(|py| {
        forget_interrupts(py);
        let read = call::pickler_for_result(py, bytes)
            .and_then(|pickler| Ok((pickler, Call::read(py, bytes)?)));
        match read {
            Ok((pickler, call)) => {
                let outcome = call.make().map_err(|raised| told(py, raised, None));
                result::give(py, outcome, &pickler, answer);
            }
            Err(raised) => {
                let raised = told(py, raised, Some(call::is_of_main(bytes)));
                result::give(py, Err(raised), &Pickler::default(), answer);
            }
        }
    });
    Ok(())
}

/// Makes of what a task has raised what its client is told, if somebody else has the pool: `procession.cluster.failures`.
static TELL: OnceLock<Py<PyAny>> = OnceLock::new();

/// From now on, what tasks raise in this process is what `tell` makes of it. It is called with what was raised and, if that was because the task could not be
/// read, whether it calls a function of a main program; with None if it was the task.
#[pyfunction]
pub(crate) fn tell_failures_by(tell: Py<PyAny>) {
    // A worker has one host.
    let _ = TELL.set(tell);
}

/// What the client is told of what was raised; if that was in reading the task, with whether it is of a main program.
fn told(py: Python<'_>, raised: PyErr, unreadable: Option<bool>) -> PyErr {
    let Some(tell) = TELL.get() else {
        return raised;
    };
    match tell.bind(py).call1((raised.value(py), unreadable)) {
        Ok(other) if !other.is(raised.value(py)) => PyErr::from_value(other),
        // An exception that nothing can be added to is still told.
        Ok(_) | Err(_) => raised,
    }
}
