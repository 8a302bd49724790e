//! What all objects on a server have in common.

use procession_cluster as core;
use pyo3::PyClass;
use pyo3::prelude::*;

use super::calling::ask;
use super::connection::Cluster;

/// An object on a server, as the floor below knows it.
pub(super) trait OnServer: Send + Sync {
    fn object(&self) -> &core::Object;
}

/// An object on a server; the base of all their classes.
#[pyclass(
    name = "ClusterObject",
    subclass,
    frozen,
    module = "procession._native"
)]
pub(crate) struct Object {
    handle: Box<dyn OnServer>,
}

impl Object {
    /// What `derived` derives from, and itself.
    pub(super) fn base_of<T>(
        derived: T,
        handle: impl OnServer + 'static,
    ) -> PyClassInitializer<T>
    where
        T: PyClass<BaseType = Object>,
    {
        let base = Object {
            handle: Box::new(handle),
        };
        PyClassInitializer::from(base).add_subclass(derived)
    }
}

#[pymethods]
impl Object {
    /// The server that it is on.
    #[getter]
    fn cluster(&self) -> Cluster {
        Cluster(self.handle.object().cluster().clone())
    }

    /// What it is called there.
    #[getter]
    fn name(&self) -> &str {
        self.handle.object().name()
    }

    /// Whether it ends by itself when no process uses it any more, since nobody has given it a name.
    #[getter]
    fn is_anonymous(&self) -> bool {
        self.handle.object().is_anonymous()
    }

    /// Removes it from the server, for everybody: who uses it afterwards gets `ObjectGone`.
    fn unlink(&self, py: Python<'_>) -> PyResult<()> {
        ask(py, || self.handle.object().unlink())
    }
}
