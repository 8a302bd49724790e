//! Connections to servers.

use procession_cluster::{Address, Cluster as Core};
use pyo3::prelude::*;

use super::calling::ask;
use super::error::to_exception;
use super::travel;

/// A server, or a cluster of them, and one namespace on it.
#[pyclass(frozen, eq, module = "procession._native")]
#[derive(PartialEq, Eq)]
pub(crate) struct Cluster(pub(crate) Core);

#[pymethods]
impl Cluster {
    /// Connects to the server that `url` leads to.
    #[new]
    fn new(py: Python<'_>, url: &str) -> PyResult<Cluster> {
        let address: Address = url.parse().map_err(|error| to_exception(py, &error))?;
        ask(py, || Core::connect(&address)).map(Cluster)
    }

    /// The server that a value has come from which is being decoded, or that `address` leads to.
    #[staticmethod]
    fn arrived(py: Python<'_>, address: &str) -> PyResult<Cluster> {
        ask(py, || travel::arrived(address)).map(Cluster)
    }

    /// What stands for this server in the value that is being encoded, and `arrived` understands; None if none is.
    ///
    /// Raises:
    ///     procession.exceptions.AddressError: if the value goes to another server.
    fn departing(&self, py: Python<'_>) -> PyResult<Option<String>> {
        travel::departing(&self.0).map_err(|error| to_exception(py, &error))
    }

    /// Makes sure that pickles can be signed, if they must be.
    ///
    /// Raises:
    ///     procession.exceptions.NotSigned: if the server is on another machine, and there is no key.
    fn check_signatures(&self, py: Python<'_>) -> PyResult<()> {
        self.0
            .check_signatures()
            .map_err(|error| to_exception(py, &error))
    }

    /// The address, its password included.
    #[getter]
    fn url(&self) -> &str {
        self.0.address().url()
    }

    /// Where it is, without the password.
    #[getter]
    fn location(&self) -> String {
        self.0.address().to_string()
    }

    /// What keeps the objects of different programs apart.
    #[getter]
    fn namespace(&self) -> &str {
        self.0.address().namespace()
    }

    /// After how many seconds others get what a process holds that is not heard from.
    #[getter]
    fn lease(&self) -> f64 {
        self.0.lease().as_secs_f64()
    }
}
