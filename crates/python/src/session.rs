//! How a Python process comes to take part in a session. The Python side is `procession.session`.

use std::cell::{Cell, RefCell};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use procession_arena::sys::readiness::wait_readable;
use procession_arena::{Error, HeldStill};
use procession_engine::invitation::{self, Inheritance};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;

use crate::error::to_exception;

thread_local! {
    /// Keeps this process still while it is being copied.
    static STILL: RefCell<Option<HeldStill<'static>>> = const { RefCell::new(None) };
    /// The copy that this thread is about to make is invited by this number.
    static GUEST: Cell<Option<u64>> = const { Cell::new(None) };
}

/// Reserves a place in the session for a process that is about to be started, and returns its number.
///
/// With `copied`, this thread makes it by `os.fork()` next.
#[pyfunction]
pub(crate) fn invite(py: Python<'_>, copied: bool) -> PyResult<u64> {
    let inheritance = match copied {
        true => Inheritance::Everything,
        false => Inheritance::Nothing,
    };
    let guest = invitation::invite(inheritance).map_err(|error| to_exception(py, error))?;
    GUEST.set(copied.then_some(guest));
    Ok(guest)
}

/// Says that this thread has made the copy that it had invited, or will not make it.
#[pyfunction]
pub(crate) fn copied() {
    GUEST.set(None);
}

/// Takes part in the session whose memory `descriptor` leads to: as the process that was invited by that number, or uninvited.
#[pyfunction]
pub(crate) fn accept(py: Python<'_>, descriptor: i32, guest: u64) -> PyResult<()> {
    let memory = duplicate(descriptor)?;
    invitation::accept(memory, guest).map_err(|error| to_exception(py, error))
}

/// Takes part in the session whose memory `descriptor` leads to, without an invitation.
#[pyfunction]
pub(crate) fn enter(py: Python<'_>, descriptor: i32) -> PyResult<()> {
    let memory = duplicate(descriptor)?;
    invitation::enter(memory).map_err(|error| to_exception(py, error))
}

/// Says that an invited process has ended, or was never started: what it held is free from now on.
#[pyfunction]
pub(crate) fn guest_ended(py: Python<'_>, guest: u64) -> PyResult<()> {
    py.detach(|| invitation::guest_ended(guest))
        .map_err(|error| to_exception(py, error))
}

/// The descriptor of the session's memory; begins a session if there is none.
#[pyfunction]
pub(crate) fn memory_descriptor(py: Python<'_>) -> PyResult<i32> {
    let memory = invitation::memory().map_err(|error| to_exception(py, error))?;
    Ok(memory.as_raw_fd())
}

/// Whether this process takes part in a session already.
#[pyfunction]
pub(crate) fn takes_part() -> bool {
    invitation::takes_part()
}

/// Before `os.fork()`: waits until no other thread is in the middle of something that the copy could not finish.
#[pyfunction]
pub(crate) fn hold_still() {
    STILL.set(invitation::hold_still());
}

/// After `os.fork()`, in the original: lets the other threads go on.
#[pyfunction]
pub(crate) fn move_on() {
    STILL.set(None);
}

/// After `os.fork()`, in the copy: becomes the process that was invited. A copy that nobody has invited does so when it first uses the session.
#[pyfunction]
pub(crate) fn take_part_as_copy(py: Python<'_>) -> PyResult<()> {
    STILL.set(None);
    become_guest().map_err(|error| to_exception(py, error))
}

fn become_guest() -> Result<(), Error> {
    match GUEST.take() {
        Some(guest) => invitation::take_part_as_copy(guest),
        None => Ok(()),
    }
}

/// Takes hold of objects, or lets go of them, also where this very thread keeps the process still.
///
/// That happens when Python collects garbage, or runs code of a user, between the functions of this module that it calls around a fork.
#[inline]
pub(crate) fn meanwhile<T>(work: impl FnOnce() -> T) -> T {
    match STILL.take() {
        None => work(),
        Some(still) => {
            drop(still);
            interrupting(work)
        }
    }
}

#[cold]
fn interrupting<T>(work: impl FnOnce() -> T) -> T {
    if invitation::takes_part() {
        let value = work();
        STILL.set(invitation::hold_still());
        return value;
    }
    // In the copy, which has not become a process of its own yet. Should that fail, it fails again when it is used.
    let _ = become_guest();
    work()
}

/// Has this process end when its parent has ended, of which `sentinel` becomes readable then.
#[pyfunction]
pub(crate) fn end_with_parent(py: Python<'_>, parent: u32, sentinel: i32) -> PyResult<()> {
    let sentinel = duplicate(sentinel)?;
    let is_gone = || {
        wait_readable(&[sentinel.as_fd()], Some(Duration::ZERO))
            .is_ok_and(|ready| ready.contains(&true))
    };
    invitation::end_with(parent, is_gone).map_err(|error| to_exception(py, error))
}

/// Sets limits of the session, of which None leaves the default: bytes, processes, threads.
#[pyfunction]
pub(crate) fn configure(
    memory_cap: Option<u64>,
    max_processes: Option<u16>,
    max_threads: Option<u16>,
) -> PyResult<()> {
    procession_engine::configure(|limits| {
        limits.memory_cap = memory_cap.unwrap_or(limits.memory_cap);
        limits.max_processes = max_processes.unwrap_or(limits.max_processes);
        limits.max_threads = max_threads.unwrap_or(limits.max_threads);
    })
    .map_err(|error| PyRuntimeError::new_err(error.to_string()))
}

fn duplicate(descriptor: i32) -> PyResult<OwnedFd> {
    if descriptor < 0 {
        return Err(PyValueError::new_err(format!(
            "{descriptor} is no file descriptor"
        )));
    }
    // SAFETY: whoever calls this from Python keeps the descriptor open meanwhile; if not, the system says so, and a file that
    // is no session's memory is refused.
    let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
    Ok(borrowed.try_clone_to_owned()?)
}
