//! Events.

use procession_cluster as core;
use procession_cluster::event::Event as Core;
use pyo3::prelude::*;

use crate::cluster::calling::ask;
use crate::cluster::connection::Cluster;
use crate::cluster::object::{Object, OnServer};
use crate::waiting::wait_for;

impl OnServer for Core {
    fn object(&self) -> &core::Object {
        Core::object(self)
    }
}

/// An event on a server.
#[pyclass(
    name = "ClusterEvent",
    extends = Object,
    subclass,
    frozen,
    module = "procession._native"
)]
pub(crate) struct Event {
    event: Core,
}

#[pymethods]
impl Event {
    /// Makes an event, or takes hold of the one of that name; with `attach`, of one that somebody has made.
    #[new]
    #[pyo3(signature = (cluster, name=None, attach=false))]
    fn new(
        py: Python<'_>,
        cluster: &Cluster,
        name: Option<&str>,
        attach: bool,
    ) -> PyResult<PyClassInitializer<Event>> {
        let event = ask(py, || match (name, attach) {
            (Some(name), true) => Core::attach(&cluster.0, name),
            _ => Core::create(&cluster.0, name),
        })?;
        let handle = event.clone();
        Ok(Object::base_of(Event { event }, handle))
    }

    /// Whether it is set.
    fn is_set(&self, py: Python<'_>) -> PyResult<bool> {
        ask(py, || self.event.is_set())
    }

    /// Sets it, whereupon everybody who waits for it goes on.
    fn set(&self, py: Python<'_>) -> PyResult<()> {
        ask(py, || self.event.set())
    }

    /// Makes it unset.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        ask(py, || self.event.clear())
    }

    /// Waits until it is set; False if the time is over.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        let until = wait_for(true, timeout);
        ask(py, || self.event.wait(until))
    }
}
