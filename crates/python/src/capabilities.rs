//! What this machine allows, and how large a session may become on it.

use procession_arena::LAYOUT_VERSION;
use procession_arena::sys::capabilities::Capability;
use procession_engine::with_participant;
use pyo3::prelude::*;

use crate::error::to_exception;

/// What the kernel must offer: for each system call, whether procession works without it, and the error that it answers with.
#[pyfunction]
pub(crate) fn capabilities(py: Python<'_>) -> Vec<(&'static str, bool, Option<PyErr>)> {
    py.detach(|| {
        Capability::ALL
            .map(|capability| {
                let error = capability.probe().err().map(PyErr::from);
                (capability.name(), capability.is_optional(), error)
            })
            .into()
    })
}

/// The limits of the session, which begins with this call if there is none: bytes, processes, threads.
#[pyfunction]
pub(crate) fn limits(py: Python<'_>) -> PyResult<(u64, u16, u16)> {
    with_participant(|me| {
        let arena = me.arena();
        Ok((
            arena.memory_cap(),
            arena.max_processes(),
            arena.max_threads(),
        ))
    })
    .map_err(|error| to_exception(py, error))
}

/// The number of the layout of shared memory: processes of one session must agree on it.
#[pyfunction]
pub(crate) fn layout_version() -> u64 {
    LAYOUT_VERSION
}
