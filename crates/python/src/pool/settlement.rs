//! What came of all tasks of a job, as one Python value.

use std::sync::OnceLock;

use procession_engine::pool::Outcome;
use pyo3::exceptions::{PyBaseException, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::failures::Failures;

/// Which value a job has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// That of its only task.
    One,
    /// One list of all that is in the lists of its tasks.
    Chunks,
}

/// The value of a job, or what it has raised; read from bytes once, so that everybody gets the same object.
#[derive(Default)]
pub(super) struct Settlement(OnceLock<Result<Py<PyAny>, Py<PyBaseException>>>);

impl Settlement {
    /// Notes the value, unless somebody else was first.
    pub(super) fn settle(&self, py: Python<'_>, value: PyResult<Bound<'_, PyAny>>) {
        let value = match value {
            Ok(value) => Ok(value.unbind()),
            Err(error) => Err(error.into_value(py)),
        };
        // Another thread has read the same.
        let _ = self.0.set(value);
    }

    pub(super) fn get<'py>(&self, py: Python<'py>) -> Option<PyResult<Bound<'py, PyAny>>> {
        Some(match self.0.get()? {
            Ok(value) => Ok(value.bind(py).clone()),
            Err(raised) => Err(PyErr::from_value(raised.bind(py).clone().into_any())),
        })
    }
}

/// Reads the value of a job from the outcomes of its tasks. Of several that have failed, the first counts.
pub(super) fn read<'py>(
    py: Python<'py>,
    shape: Shape,
    failures: &Failures,
    outcomes: &[Outcome],
) -> PyResult<Bound<'py, PyAny>> {
    match (shape, outcomes) {
        (Shape::One, [outcome]) => failures.read(py, 0, outcome),
        (Shape::One, _) => Err(PyRuntimeError::new_err("the task was not submitted")),
        (Shape::Chunks, [outcome]) => failures.read(py, 0, outcome),
        (Shape::Chunks, outcomes) => {
            let all = PyList::empty(py);
            for (index, outcome) in outcomes.iter().enumerate() {
                let end = all.len();
                let part = failures.read(py, index, outcome)?;
                all.set_slice(end, end, &part)?;
            }
            Ok(all.into_any())
        }
    }
}
