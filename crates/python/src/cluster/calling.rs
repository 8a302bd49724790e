//! Calling a server: without the interpreter's lock, but with its signal handlers.

use std::cell::RefCell;

use procession_arena::sys::process::is_main_thread;
use procession_cluster::{ClusterError, interrupt};
use pyo3::prelude::*;

use super::error::to_exception;

thread_local! {
    /// What a signal handler has raised in the middle of a call.
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// Has a server do something, and waits for it as long as it takes.
///
/// The inner error is the call's; the outer one is what a signal handler has raised meanwhile, and then a wait has had no effect.
pub(crate) fn call<T: Send, E: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T, E> + Send,
) -> PyResult<Result<T, E>> {
    let outcome = py.detach(|| match is_main_thread() {
        true => interrupt::with(handle_signals, work),
        // Python handles signals in the main thread only.
        false => work(),
    });
    match RAISED.take() {
        None => Ok(outcome),
        Some(raised) => Err(raised),
    }
}

/// As [`call`], if nobody makes anything of his own of an error.
pub(super) fn ask<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T, ClusterError> + Send,
) -> PyResult<T> {
    call(py, work)?.map_err(|error| to_exception(py, &error))
}

/// Runs Python's signal handlers; true if one has raised something.
fn handle_signals() -> bool {
    match Python::try_attach(|py| py.check_signals().err()) {
        Some(Some(error)) => {
            RAISED.set(Some(error));
            true
        }
        Some(None) => false,
        // The interpreter is ending: nobody waits for the outcome.
        None => true,
    }
}
