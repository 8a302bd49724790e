//! Lists.

use procession_cluster as core;
use procession_cluster::list::{List as Core, Run, Splice};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyAnyMethods, PyList, PyTuple};

use super::list_iterator::ListIterator;
use super::{CONTENTS, values};
use crate::cluster::calling::ask;
use crate::cluster::connection::Cluster;
use crate::cluster::object::{Object, OnServer};
use crate::cluster::value::from_bytes;
use crate::manager::list_index::{Index, Position, Slice};

impl OnServer for Core {
    fn object(&self) -> &core::Object {
        Core::object(self)
    }
}

/// A list on a server.
#[pyclass(
    name = "ClusterList",
    extends = Object,
    subclass,
    frozen,
    module = "procession._native"
)]
pub(crate) struct List {
    pub(super) list: Core,
}

#[pymethods]
impl List {
    /// Makes an empty list, or takes hold of the one of that name; with `attach`, of one that somebody has made.
    #[new]
    #[pyo3(signature = (cluster, name=None, attach=false))]
    fn new(
        py: Python<'_>,
        cluster: &Cluster,
        name: Option<&str>,
        attach: bool,
    ) -> PyResult<PyClassInitializer<List>> {
        let list = ask(py, || match (name, attach) {
            (Some(name), true) => Core::attach(&cluster.0, name),
            _ => Core::create(&cluster.0, name, CONTENTS),
        })?;
        let handle = list.clone();
        Ok(Object::base_of(List { list }, handle))
    }

    pub(super) fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        let length = ask(py, || self.list.len())?;
        Ok(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn __getitem__<'py>(&self, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = index.py();
        match Index::new(index)? {
            Index::At(Position(place)) => {
                let entry = ask(py, || self.list.get(place))?;
                let entry =
                    entry.ok_or_else(|| PyIndexError::new_err("list index out of range"))?;
                from_bytes(py, entry.value, self.server())
            }
            Index::Slice(slice) => Ok(self.slice(py, slice)?.into_any()),
        }
    }

    fn __setitem__(&self, index: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        match Index::new(index)? {
            Index::At(place) => self.set(place, value),
            Index::Slice(slice) => self.set_slice(slice, value),
        }
    }

    fn __delitem__(&self, index: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = index.py();
        match Index::new(index)? {
            Index::At(Position(place)) => {
                match ask(py, || self.list.remove_run(Run::Element(place)))? {
                    Splice::Made { .. } => Ok(()),
                    _ => Err(assigned_outside()),
                }
            }
            Index::Slice(slice) => self.delete_slice(py, slice),
        }
    }

    fn __contains__(&self, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.copy(value.py())?.contains(value)
    }

    fn __iter__(slf: Py<Self>) -> ListIterator {
        ListIterator::new(slf)
    }

    /// Adds a value at the end.
    fn append(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let bytes = self.bytes(value)?;
        ask(value.py(), || self.list.push(&bytes))
    }

    /// Adds all values at the end, as one step.
    fn extend(&self, values: &Bound<'_, PyAny>) -> PyResult<()> {
        self.extend_by(values)
    }

    /// Puts a value in front of the one at `index`.
    fn insert(&self, index: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let Position(place) = Position::argument(index)?;
        let bytes = self.bytes(value)?;
        ask(value.py(), || {
            self.list
                .splice(Run::Before(place), &[&bytes], None)
                .map(drop)
        })
    }

    /// Removes the value at `index`, and returns it.
    #[pyo3(signature = (index=None, /))]
    fn pop<'py>(
        &self,
        py: Python<'py>,
        index: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Position(place) = index.map_or(Ok(Position(-1)), Position::argument)?;
        match ask(py, || self.list.take(place))? {
            Splice::Made { former } => from_bytes(py, former.unwrap_or_default(), self.server()),
            Splice::OutOfRange { length: 0 } => Err(PyIndexError::new_err("pop from empty list")),
            _ => Err(PyIndexError::new_err("pop index out of range")),
        }
    }

    /// Reverses the order of all values.
    fn reverse(&self, py: Python<'_>) -> PyResult<()> {
        ask(py, || self.list.reverse())
    }

    /// Removes all values.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        ask(py, || self.list.clear())
    }

    /// A list of the values at this moment.
    pub(super) fn copy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let entries = ask(py, || self.list.snapshot()?.entries())?;
        PyList::new(py, values(py, entries, self.server())?)
    }

    /// The first place at which the value is.
    #[pyo3(signature = (*arguments))]
    fn index<'py>(&self, arguments: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyAny>> {
        self.copy(arguments.py())?.call_method1("index", arguments)
    }

    /// How often the value is in the list.
    fn count<'py>(&self, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.copy(value.py())?.call_method1("count", (value,))
    }

    /// Removes the first value that is equal.
    fn remove(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.remove_first(value)
    }

    /// Sorts the list; as one step, unless somebody else changes it meanwhile, and then again.
    #[pyo3(signature = (*, key=None, reverse=false))]
    fn sort(&self, py: Python<'_>, key: Option<&Bound<'_, PyAny>>, reverse: bool) -> PyResult<()> {
        self.sort_by(py, key, reverse)
    }

    /// Replaces the value at `index` by what `function` makes of it, and returns that.
    fn _update_with<'py>(
        &self,
        index: &Bound<'py, PyAny>,
        function: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.update(Position::new(index)?, function)
    }
}

impl List {
    pub(super) fn server(&self) -> &core::Cluster {
        self.list.object().cluster()
    }

    fn slice<'py>(&self, py: Python<'py>, slice: Slice) -> PyResult<Bound<'py, PyList>> {
        let (start, stop) = match slice.is_run() {
            true => slice.bounds(),
            false => (None, None),
        };
        let entries = ask(py, || self.list.snapshot_of(start, stop)?.entries())?;
        let all = values(py, entries, self.server())?;
        if slice.is_run() {
            return PyList::new(py, all);
        }
        let picked = slice.places(all.len());
        PyList::new(py, picked.into_iter().filter_map(|place| all.get(place)))
    }
}

pub(super) fn assigned_outside() -> PyErr {
    PyIndexError::new_err("list assignment index out of range")
}
