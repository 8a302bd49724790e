//! Waiting for the pool, without the interpreter's lock but with its signal handlers.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use procession_arena::sys::process::is_main_thread;
use pyo3::prelude::*;

/// Set once the interpreter exits.
static IS_EXITING: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// The thread calls a callback, for whose end the exit waits.
    static IS_CALLING: Cell<bool> = const { Cell::new(false) };
}

/// From now on, no thread but the main one comes back to the interpreter from a wait for a pool: it would run into the
/// interpreter's end, where threads are ended in the middle of whatever they do.
#[pyfunction]
pub(crate) fn interpreter_exits() {
    IS_EXITING.store(true, Ordering::Release);
}

/// Calls a callback, which may wait for tasks even while the interpreter exits.
pub(super) fn in_callback<T>(call: impl FnOnce() -> T) -> T {
    IS_CALLING.set(true);
    let value = call();
    IS_CALLING.set(false);
    value
}

fn stay_away_at_exit() {
    while IS_EXITING.load(Ordering::Acquire) && !IS_CALLING.get() {
        thread::park();
    }
}

/// How long the main thread waits before it looks whether a signal has come.
const SLICE: Duration = Duration::from_millis(50);

/// The end of a time that begins now, in seconds as Python gives it; `None` if there is none.
pub(super) fn deadline(timeout: Option<f64>) -> Option<Instant> {
    let seconds = timeout?;
    // Less than nothing and what is no number are nothing.
    let duration = match seconds > 0.0 {
        true => Duration::try_from_secs_f64(seconds).ok()?,
        false => Duration::ZERO,
    };
    Instant::now().checked_add(duration)
}

/// Calls `attempt`, which waits at most until the instant that it is given, until it returns something or the time is over.
///
/// Signal handlers run between the attempts of the main thread, the only one in which Python runs them; what they raise ends
/// the wait.
pub(super) fn wait_in_slices<T: Send>(
    py: Python<'_>,
    deadline: Option<Instant>,
    mut attempt: impl FnMut(Option<Instant>) -> Option<T> + Send,
) -> PyResult<Option<T>> {
    let is_main = is_main_thread();
    loop {
        let slice = Instant::now() + SLICE;
        let until = match (is_main, deadline) {
            (true, Some(deadline)) => Some(deadline.min(slice)),
            (true, None) => Some(slice),
            (false, deadline) => deadline,
        };
        let value = py.detach(|| {
            let value = attempt(until);
            if !is_main {
                stay_away_at_exit();
            }
            value
        });
        if is_main {
            // Also if there is something now: an interrupt that came at the same time is the more important news.
            py.check_signals()?;
        }
        if value.is_some() {
            return Ok(value);
        }
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Ok(None);
        }
    }
}
