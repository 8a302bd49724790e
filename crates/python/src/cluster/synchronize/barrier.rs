//! Barriers.

use procession_cluster as core;
use procession_cluster::SyncError;
use procession_cluster::barrier::{Arrival, Barrier as Core, GivenUp, LastTurn, Turn};
use pyo3::prelude::*;

use super::to_exception;
use crate::cluster::calling::{ask, call};
use crate::cluster::connection::Cluster;
use crate::cluster::error::nothing_said;
use crate::cluster::object::{Object, OnServer};
use crate::waiting::wait_for;

impl OnServer for Core {
    fn object(&self) -> &core::Object {
        Core::object(self)
    }
}

/// A barrier on a server.
#[pyclass(
    name = "ClusterBarrier",
    extends = Object,
    subclass,
    frozen,
    module = "procession._native"
)]
pub(crate) struct Barrier {
    barrier: Core,
}

#[pymethods]
impl Barrier {
    /// Makes a barrier, or takes hold of the one of that name; with `attach`, of one that somebody has made.
    #[new]
    #[pyo3(signature = (cluster, name=None, attach=false, parties=1))]
    fn new(
        py: Python<'_>,
        cluster: &Cluster,
        name: Option<&str>,
        attach: bool,
        parties: u16,
    ) -> PyResult<PyClassInitializer<Barrier>> {
        let barrier = ask(py, || match (name, attach) {
            (Some(name), true) => Core::attach(&cluster.0, name),
            _ => Core::create(&cluster.0, name, parties),
        })?;
        let handle = barrier.clone();
        Ok(Object::base_of(Barrier { barrier }, handle))
    }

    /// How many must come.
    #[getter]
    fn parties(&self) -> u16 {
        self.barrier.parties()
    }

    /// How many wait now.
    #[getter]
    fn n_waiting(&self, py: Python<'_>) -> PyResult<u16> {
        ask(py, || self.barrier.n_waiting())
    }

    /// Whether it is broken.
    #[getter]
    fn broken(&self, py: Python<'_>) -> PyResult<bool> {
        ask(py, || self.barrier.is_broken())
    }

    /// Waits until all have come, and returns how many had come before.
    ///
    /// The last to come runs `action` before the others go on; if it raises something, the barrier breaks.
    #[pyo3(signature = (timeout=None, action=None))]
    fn arrive(
        &self,
        py: Python<'_>,
        timeout: Option<f64>,
        action: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<u16> {
        let until = wait_for(true, timeout);
        let acts = action.is_some();
        let mut arrival = ask(py, || self.barrier.arrival(acts))?;
        let turn = match call(py, || arrival.wait(until)) {
            Ok(turn) => turn.map_err(|error| refusal(py, error))?,
            Err(raised) => {
                // A signal handler has raised something: the others are not to wait for this thread.
                let _ = py.detach(|| arrival.give_up());
                return Err(raised);
            }
        };
        match turn {
            Some(Turn::Through { index }) => Ok(index),
            Some(Turn::Last(turn)) => self.act(py, turn, action),
            None => give_up(py, arrival),
        }
    }

    /// Breaks it: who waits and who comes is sent away.
    fn abort(&self, py: Python<'_>) -> PyResult<()> {
        ask(py, || self.barrier.abort())
    }

    /// Makes it as good as new; who waits is sent away.
    fn reset(&self, py: Python<'_>) -> PyResult<()> {
        ask(py, || self.barrier.reset())
    }
}

impl Barrier {
    fn act(
        &self,
        py: Python<'_>,
        turn: LastTurn,
        action: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<u16> {
        if let Some(Err(raised)) = action.map(Bound::call0) {
            ask(py, || turn.give_up())?;
            return Err(raised);
        }
        call(py, || turn.release())?.map_err(|error| refusal(py, error))?;
        Ok(self.barrier.parties() - 1)
    }
}

/// The time is over: this breaks the barrier, unless the last has come at this moment.
fn give_up(py: Python<'_>, arrival: Arrival) -> PyResult<u16> {
    match call(py, || arrival.give_up())? {
        Ok(GivenUp::Through { index }) => Ok(index),
        Ok(GivenUp::Broken) => Err(refusal(py, SyncError::BrokenBarrier)),
        Err(error) => Err(refusal(py, error)),
    }
}

fn refusal(py: Python<'_>, error: SyncError) -> PyErr {
    match error {
        SyncError::BrokenBarrier => nothing_said(py, "threading", "BrokenBarrierError"),
        error => to_exception(py, error),
    }
}
