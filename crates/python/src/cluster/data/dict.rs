//! Dicts.

mod change;
mod read;

use procession_cluster as core;
use procession_cluster::Expect;
use procession_cluster::dict::Dict as Core;
use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::CONTENTS;
use crate::cluster::calling::ask;
use crate::cluster::connection::Cluster;
use crate::cluster::object::{Object, OnServer};
use crate::manager::key::Key;

impl OnServer for Core {
    fn object(&self) -> &core::Object {
        Core::object(self)
    }
}

/// A dict on a server.
#[pyclass(
    name = "ClusterDict",
    extends = Object,
    subclass,
    frozen,
    mapping,
    module = "procession._native"
)]
pub(crate) struct Dict {
    dict: Core,
}

#[pymethods]
impl Dict {
    /// Makes an empty dict, or takes hold of the one of that name; with `attach`, of one that somebody has made.
    #[new]
    #[pyo3(signature = (cluster, name=None, attach=false))]
    fn new(
        py: Python<'_>,
        cluster: &Cluster,
        name: Option<&str>,
        attach: bool,
    ) -> PyResult<PyClassInitializer<Dict>> {
        let dict = ask(py, || match (name, attach) {
            (Some(name), true) => Core::attach(&cluster.0, name),
            _ => Core::create(&cluster.0, name, CONTENTS),
        })?;
        let handle = dict.clone();
        Ok(Object::base_of(Dict { dict }, handle))
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        let length = ask(py, || self.dict.len())?;
        Ok(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn __contains__(&self, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        let given = Key::new(key)?;
        if given.is_unique {
            return Ok(false);
        }
        ask(key.py(), || self.dict.contains(&given.bytes))
    }

    fn __getitem__<'py>(&self, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.find(key)?.ok_or_else(|| missing(key))
    }

    fn __setitem__(&self, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.set_always(key, value)
    }

    fn __delitem__(&self, key: &Bound<'_, PyAny>) -> PyResult<()> {
        let given = Key::new(key)?;
        match ask(key.py(), || {
            self.dict.remove(&given.bytes, Expect::Anything)
        })? {
            true => Ok(()),
            false => Err(missing(key)),
        }
    }

    /// The value of `key`, or `default` if there is none.
    #[pyo3(signature = (key, default=None, /))]
    fn get<'py>(
        &self,
        key: &Bound<'py, PyAny>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let found = self.find(key)?.or(default);
        Ok(found.unwrap_or_else(|| key.py().None().into_bound(key.py())))
    }

    /// Removes `key` and returns its value; without one returns the default or, if none is given, raises KeyError.
    #[pyo3(signature = (key, *default))]
    fn pop<'py>(
        &self,
        key: &Bound<'py, PyAny>,
        default: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if default.len() > 1 {
            return Err(PyTypeError::new_err(format!(
                "pop expected at most 2 arguments, got {}",
                default.len() + 1
            )));
        }
        let taken = self.take(&Key::new(key)?)?;
        match (taken, default.iter_borrowed().next()) {
            (Some(value), _) => Ok(value),
            (None, Some(default)) => Ok(default.to_owned()),
            (None, None) => Err(missing(key)),
        }
    }

    /// Removes the entry that was inserted last, and returns its key and value.
    fn popitem<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let popped = ask(py, || self.dict.pop_item())?;
        let (key, value) =
            popped.ok_or_else(|| PyKeyError::new_err("popitem(): dictionary is empty"))?;
        self.pair(py, &key, &value)
    }

    /// The value of `key`; if there is none, sets it to `default` and returns that.
    #[pyo3(signature = (key, default=None, /))]
    fn setdefault<'py>(
        &self,
        key: &Bound<'py, PyAny>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let default = default.unwrap_or_else(|| key.py().None().into_bound(key.py()));
        self.find_or_set(key, &default)
    }

    /// Removes all entries.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        ask(py, || self.dict.clear())
    }

    /// The keys at this moment, in the order of their insertion.
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let pairs = self.pairs(py)?;
        PyList::new(py, pairs.into_iter().map(|(key, _)| key))
    }

    /// The values at this moment, in the order of their keys.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let pairs = self.pairs(py)?;
        PyList::new(py, pairs.into_iter().map(|(_, value)| value))
    }

    /// Keys and values at this moment.
    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.pairs(py)?)
    }

    /// A dict with what is in this one at this moment.
    fn copy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (key, value) in self.pairs(py)? {
            dict.set_item(key, value)?;
        }
        Ok(dict)
    }

    /// Sets all that is in `items`, as one step.
    fn _extend(&self, items: &Bound<'_, PyDict>) -> PyResult<()> {
        self.set_all(items)
    }

    /// Sets the value of `key` to what `function` makes of it, and returns that; if there is none, of the default or, if
    /// none is given, raises KeyError.
    #[pyo3(signature = (key, function, *default))]
    fn _update_with<'py>(
        &self,
        key: &Bound<'py, PyAny>,
        function: &Bound<'py, PyAny>,
        default: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.update(key, function, default)
    }
}

#[cold]
fn missing(key: &Bound<'_, PyAny>) -> PyErr {
    // In a tuple, lest a key that is one be taken for several arguments.
    PyKeyError::new_err((key.clone().unbind(),))
}
