//! Tasks that failed before they could be submitted.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use procession_cluster::Cluster;
use procession_engine::PoolError;
use procession_engine::pool::{Job, Outcome};
use pyo3::exceptions::PyBaseException;
use pyo3::prelude::*;

use super::error::to_exception;
use super::result;

/// Why tasks of a job could not be submitted: what was raised, by the number of the task.
pub(super) struct Failures {
    raised: Mutex<HashMap<usize, Py<PyBaseException>>>,
    /// Through which the results come of those that were submitted, if they do.
    server: Option<Cluster>,
}

impl Failures {
    pub(super) fn new(server: Option<&Cluster>) -> Failures {
        Failures {
            raised: Mutex::default(),
            server: server.cloned(),
        }
    }

    /// Adds a task to a job that has failed already. One thread submits the tasks of a job.
    pub(super) fn push(&self, py: Python<'_>, job: &Job, raised: PyErr) {
        // Before the lock: to make the exception may run code of the user.
        let raised = raised.into_value(py);
        self.raised
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(job.submitted(), raised);
        job.push_failed(PoolError::ArgumentEncode {
            type_name: String::new(),
            reason: String::new(),
        });
    }

    /// What came of task `index`.
    pub(super) fn read<'py>(
        &self,
        py: Python<'py>,
        index: usize,
        outcome: &Outcome,
    ) -> PyResult<Bound<'py, PyAny>> {
        match outcome {
            Err(error @ PoolError::ArgumentEncode { .. }) => {
                let failures = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
                let raised = failures.get(&index).map(|raised| raised.clone_ref(py));
                drop(failures);
                Err(match raised {
                    Some(raised) => PyErr::from_value(raised.into_bound(py).into_any()),
                    None => to_exception(py, error),
                })
            }
            _ => result::read(py, outcome, self.server.as_ref()),
        }
    }
}
