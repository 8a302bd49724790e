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
    cluster: core::Cluster,
    name: String,
    is_anonymous: bool,
    /// The last part of the object that is dropped; there until then.
    handle: Option<Box<dyn OnServer>>,
}

impl Object {
    /// What `derived` derives from, and itself.
    pub(super) fn base_of<T>(derived: T, handle: impl OnServer + 'static) -> PyClassInitializer<T>
    where
        T: PyClass<BaseType = Object>,
    {
        let object = handle.object();
        let base = Object {
            cluster: object.cluster().clone(),
            name: object.name().to_owned(),
            is_anonymous: object.is_anonymous(),
            handle: Some(Box::new(handle)),
        };
        PyClassInitializer::from(base).add_subclass(derived)
    }
}

#[pymethods]
impl Object {
    /// The server that it is on.
    #[getter]
    fn cluster(&self) -> Cluster {
        Cluster(self.cluster.clone())
    }

    /// What it is called there.
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    /// Whether it ends by itself when no process uses it any more, since nobody has given it a name.
    #[getter]
    fn is_anonymous(&self) -> bool {
        self.is_anonymous
    }

    /// Removes it from the server, for everybody: who uses it afterwards gets `ObjectGone`.
    fn unlink(&self, py: Python<'_>) -> PyResult<()> {
        ask(py, || match &self.handle {
            Some(handle) => handle.object().unlink(),
            None => Ok(()),
        })
    }
}

impl Drop for Object {
    fn drop(&mut self) {
        // Letting go of the last handle of a queue tells the server, and no other thread is to wait for that.
        let handle = self.handle.take();
        let _ = Python::try_attach(move |py| py.detach(move || drop(handle)));
    }
}
