//! Single values.

use procession_cluster as core;
use procession_cluster::Expect;
use procession_cluster::value::Value as Core;
use pyo3::prelude::*;

use super::CONTENTS;
use crate::cluster::calling::ask;
use crate::cluster::connection::Cluster;
use crate::cluster::object::{Object, OnServer};
use crate::cluster::value::{from_bytes, to_bytes};
use crate::encoding::Pickler;

impl OnServer for Core {
    fn object(&self) -> &core::Object {
        Core::object(self)
    }
}

/// A value on a server.
#[pyclass(
    name = "ClusterValue",
    extends = Object,
    subclass,
    frozen,
    module = "procession._native"
)]
pub(crate) struct Value {
    value: Core,
}

#[pymethods]
impl Value {
    /// Makes a value, or takes hold of the one of that name; with `attach`, of one that somebody has made.
    #[new]
    #[pyo3(signature = (cluster, name=None, attach=false, value=None))]
    fn new(
        py: Python<'_>,
        cluster: &Cluster,
        name: Option<&str>,
        attach: bool,
        value: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyClassInitializer<Value>> {
        let none = py.None().into_bound(py);
        let initial = to_bytes(value.unwrap_or(&none), &Pickler::default(), &cluster.0)?;
        let value = ask(py, || match (name, attach) {
            (Some(name), true) => Core::attach(&cluster.0, name),
            _ => Core::create_record(&cluster.0, name, &initial, CONTENTS),
        })?;
        let handle = value.clone();
        Ok(Object::base_of(Value { value }, handle))
    }

    /// The value.
    fn get<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let entry = ask(py, || self.value.get())?;
        from_bytes(py, entry.value, self.server())
    }

    /// Replaces the value.
    fn set(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.set_if(value, Expect::Anything).map(drop)
    }

    /// Replaces the value by what `function` makes of it, and returns that.
    fn _update_with<'py>(&self, function: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = function.py();
        loop {
            let entry = ask(py, || self.value.get())?;
            let former = from_bytes(py, entry.value, self.server())?;
            let value = function.call1((former,))?;
            if self.set_if(&value, Expect::Exactly(entry.stamp))? {
                return Ok(value);
            }
        }
    }
}

impl Value {
    fn server(&self) -> &core::Cluster {
        self.value.object().cluster()
    }

    fn set_if(&self, value: &Bound<'_, PyAny>, expect: Expect) -> PyResult<bool> {
        let bytes = to_bytes(value, &Pickler::default(), self.server())?;
        ask(value.py(), || self.value.set(&bytes, expect))
    }
}
