//! Waiting without the interpreter's lock, but with its signal handlers.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use procession_arena::sys::process::is_main_thread;
use procession_arena::{Error, Participant, Wait};
use procession_engine::{aside, is_aside, with_participant};
use pyo3::prelude::*;

thread_local! {
    /// What a signal handler has raised in the middle of a wait.
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// How long to wait, as `multiprocessing` has it: `timeout` in seconds, less than zero is zero.
pub(crate) fn wait_for(block: bool, timeout: Option<f64>) -> Wait {
    match timeout {
        _ if !block => Wait::Never,
        None => Wait::Forever,
        Some(seconds) if seconds > 0.0 => Duration::try_from_secs_f64(seconds)
            .ok()
            .and_then(|duration| Instant::now().checked_add(duration))
            // Longer than the machine will run.
            .map_or(Wait::Forever, Wait::Until),
        Some(_) => Wait::Never,
    }
}

/// Tries `attempt` at once, and if it has to wait, waits for it without the interpreter's lock.
///
/// The inner error is the attempt's; the outer one is what a signal handler has raised meanwhile, and then the attempt has had no
/// effect.
#[inline]
pub(crate) fn wait<T: Send>(
    py: Python<'_>,
    wait: Wait,
    attempt: impl Fn(&Participant, Wait) -> Result<T, Error> + Sync,
) -> PyResult<Result<T, Error>> {
    match with_participant(|me| attempt(me, Wait::Never)) {
        Err(Error::Empty | Error::Full | Error::TimedOut) if wait != Wait::Never => {
            wait_detached(py, wait, attempt)
        }
        outcome => Ok(outcome),
    }
}

/// As [`wait()`], for an attempt whose first look is not free of consequences.
pub(crate) fn wait_detached<T: Send>(
    py: Python<'_>,
    wait: Wait,
    attempt: impl Fn(&Participant, Wait) -> Result<T, Error> + Sync,
) -> PyResult<Result<T, Error>> {
    loop {
        let outcome = py.detach(|| with_participant(|me| interruptibly(me, || attempt(me, wait))));
        if let Some(raised) = RAISED.take() {
            return Err(raised);
        }
        let is_early = match wait {
            Wait::Forever => true,
            Wait::Until(end) => Instant::now() < end,
            Wait::Never => false,
        };
        match outcome {
            // Called off by a signal whose handler could not run in the middle of it.
            Err(Error::TimedOut) if is_early => py.check_signals()?,
            outcome => return Ok(outcome),
        }
    }
}

fn interruptibly<T>(me: &Participant, work: impl FnOnce() -> T) -> T {
    if !is_main_thread() {
        // Python handles signals in the main thread only.
        return work();
    }
    let former = me.call_off_waits_by(Some(handle_signals));
    let value = work();
    me.call_off_waits_by(former);
    value
}

/// Runs Python's signal handlers; true if one has raised something.
fn handle_signals() -> bool {
    if is_aside() {
        return true;
    }
    let raised = aside(|| Python::try_attach(|py| py.check_signals().err()));
    match raised {
        Some(Some(error)) => {
            RAISED.set(Some(error));
            true
        }
        Some(None) => false,
        // The interpreter is ending: nobody waits for the outcome.
        None => true,
    }
}
