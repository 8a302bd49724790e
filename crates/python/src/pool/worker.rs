//! What a worker process does.

use procession_arena::Error;
use procession_engine::host::Answer;
use procession_engine::pool::{NamedWork, serve_as_worker};
use procession_engine::{EntryError, aside, is_aside, with_participant};
use pyo3::prelude::*;

use super::{call, result};
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
        let outcome = call::carry_out(py, bytes);
        result::give(py, outcome, answer);
    });
    Ok(())
}
