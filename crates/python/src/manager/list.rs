//! Lists.

use std::sync::atomic::{AtomicU64, Ordering};

use procession_arena::Error;
use procession_engine::with_participant;
use procession_objects::{self as objects, ListConfig, Reading};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyAnyMethods, PyList, PyTuple};

use super::list_index::{Index, Position, Slice};
use super::{CONTENTS, Entries, LARGE, Stored, decode_part, read};
use crate::error::to_exception;
use crate::held::{HandleNumbers, Held};

/// A list in shared memory.
#[pyclass(subclass, frozen, module = "procession._native")]
pub(crate) struct List {
    pub(super) held: Held<objects::List>,
}

#[pymethods]
impl List {
    /// Creates an empty list, or takes hold of the one that `handle` names.
    #[new]
    #[pyo3(signature = (handle=None))]
    fn new(py: Python<'_>, handle: Option<HandleNumbers>) -> PyResult<List> {
        let config = ListConfig {
            contents: CONTENTS,
            ..ListConfig::default()
        };
        Ok(List {
            held: Held::new(py, handle, |me| objects::List::create(me, &config))?,
        })
    }

    /// The list's name in the session.
    #[getter]
    fn handle(&self) -> HandleNumbers {
        self.held.handle()
    }

    pub(super) fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        let length = self.held.with(py, |list, me| list.len(me))?;
        Ok(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn __getitem__<'py>(&self, index: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = index.py();
        match Index::new(index)? {
            Index::At(place) => self
                .at(py, place)?
                .ok_or_else(|| PyIndexError::new_err("list index out of range")),
            Index::Slice(slice) => Ok(self.slice(py, slice)?.into_any()),
        }
    }

    fn __setitem__(&self, index: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        match Index::new(index)? {
            Index::At(place) => self.set(index.py(), place, &Stored::new(value)?),
            Index::Slice(slice) => self.set_slice(slice, value),
        }
    }

    fn __delitem__(&self, index: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = index.py();
        match Index::new(index)? {
            Index::At(place) => {
                let is_deleted = self.held.with(py, |list, me| {
                    list.splice_where(me, |length| place.range(length), &[], None)
                })?;
                is_deleted.then_some(()).ok_or_else(assigned_outside)
            }
            Index::Slice(slice) => self.delete_slice(py, slice),
        }
    }

    fn __contains__(&self, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        self.copy(value.py())?.contains(value)
    }

    fn __iter__(slf: Py<Self>) -> ListIterator {
        ListIterator {
            list: slf,
            next: AtomicU64::new(0),
        }
    }

    /// Adds a value at the end.
    fn append(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let stored = Stored::new(value)?;
        let list = self.held.object();
        let push = || with_participant(|me| list.push(me, stored.as_element()));
        let py = value.py();
        match stored.bytes.len() < LARGE {
            true => push(),
            false => py.detach(push),
        }
        .map_err(|error| to_exception(py, error))
    }

    /// Adds all values at the end, as one step.
    fn extend(&self, values: &Bound<'_, PyAny>) -> PyResult<()> {
        let values = values.try_iter()?.collect::<PyResult<Vec<_>>>()?;
        self.change_run(values.as_slice(), |length| Some(length..length))
            .map(drop)
    }

    /// Puts a value in front of the one at `index`.
    fn insert(&self, index: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let place = Position::argument(index)?;
        let before = |length| {
            let place = place.clamped(length);
            Some(place..place)
        };
        self.change_run(std::slice::from_ref(value), before)
            .map(drop)
    }

    /// Removes the value at `index`, and returns it.
    #[pyo3(signature = (index=None, /))]
    fn pop<'py>(
        &self,
        py: Python<'py>,
        index: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let place = index.map_or(Ok(Position(-1)), Position::argument)?;
        let list = self.held.object();
        let taken = read(py, |me, reading| match place {
            Position(-1) => list.pop(me, reading),
            _ => list.splice_where(me, |length| place.range(length), &[], Some(reading)),
        })?;
        match taken {
            Some(value) => Ok(value),
            None if self.__len__(py)? == 0 => Err(PyIndexError::new_err("pop from empty list")),
            None => Err(PyIndexError::new_err("pop index out of range")),
        }
    }

    /// Reverses the order of all values.
    fn reverse(&self, py: Python<'_>) -> PyResult<()> {
        self.held.with(py, |list, me| list.reverse(me))
    }

    /// Removes all values.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        self.held.with(py, |list, me| list.clear(me))
    }

    /// A list of the values at this moment.
    pub(super) fn copy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.entries(py)?.values(py)?)
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
    pub(super) fn entries(&self, py: Python<'_>) -> PyResult<Entries> {
        let list = self.held.object();
        Entries::take(py, |me, snapshot| list.snapshot(me, snapshot))
    }

    fn at<'py>(&self, py: Python<'py>, place: Position) -> PyResult<Option<Bound<'py, PyAny>>> {
        let list = self.held.object();
        if let Ok(place) = u64::try_from(place.0) {
            return read(py, |me, reading| list.get(me, place, reading));
        }
        read(py, |me, reading| match place {
            Position(-1) => list.get_last(me, reading),
            _ => loop {
                let length = list.len(me)?;
                let Some(place) = place.within(length) else {
                    return Ok(false);
                };
                let is_there = list.get(me, place, reading)?;
                if list.len(me)? == length {
                    return Ok(is_there);
                }
                forget(me, reading)?;
            },
        })
    }

    fn slice<'py>(&self, py: Python<'py>, slice: Slice) -> PyResult<Bound<'py, PyList>> {
        let list = self.held.object();
        let values = if !slice.is_run() {
            let entries = self.entries(py)?;
            let picked = slice.places(entries.snapshot.len());
            let picked = picked
                .into_iter()
                .filter_map(|place| entries.snapshot.get(place));
            picked
                .map(|entry| decode_part(py, entry.value))
                .collect::<PyResult<Vec<_>>>()?
        } else if slice.is_absolute() {
            let range = slice.run(u64::MAX);
            Entries::take(py, |me, snapshot| list.snapshot_of(me, range, snapshot))?.values(py)?
        } else {
            loop {
                let length = self.held.with(py, |list, me| list.len(me))?;
                let range = slice.run(length);
                let entries =
                    Entries::take(py, |me, snapshot| list.snapshot_of(me, range, snapshot))?;
                if self.held.with(py, |list, me| list.len(me))? == length {
                    break entries.values(py)?;
                }
            }
        };
        PyList::new(py, values)
    }

    pub(super) fn change_run(
        &self,
        values: &[Bound<'_, PyAny>],
        place: impl Fn(u64) -> Option<std::ops::Range<u64>> + Sync,
    ) -> PyResult<bool> {
        let stored = Stored::all(values)?;
        let elements: Vec<_> = stored.iter().map(Stored::as_element).collect();
        let list = self.held.object();
        let change = || with_participant(|me| list.splice_where(me, &place, &elements, None));
        let changed = match values.first() {
            Some(first) if stored.len() > 1 => first.py().detach(change),
            _ => change(),
        };
        changed.map_err(|error| Python::attach(|py| to_exception(py, error)))
    }
}

/// Lets go of the shared objects in what was read in vain.
pub(super) fn forget(
    me: &procession_arena::Participant,
    reading: &mut Reading,
) -> Result<(), Error> {
    reading.bytes.clear();
    reading
        .handles
        .drain(..)
        .try_for_each(|handle| me.detach(handle))
}

pub(super) fn assigned_outside() -> PyErr {
    PyIndexError::new_err("list assignment index out of range")
}

/// Reads one value after the other, also those that are added meanwhile.
#[pyclass(frozen, module = "procession._native")]
pub(crate) struct ListIterator {
    list: Py<List>,
    next: AtomicU64,
}

/// There was a place without a value.
const AT_THE_END: u64 = u64::MAX;

#[pymethods]
impl ListIterator {
    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let place = self.next.load(Ordering::Relaxed);
        if place == AT_THE_END {
            return Ok(None);
        }
        let list = self.list.get().held.object();
        let value = read(py, |me, reading| list.get(me, place, reading))?;
        let next = value.as_ref().map_or(AT_THE_END, |_| place + 1);
        self.next.store(next, Ordering::Relaxed);
        Ok(value)
    }
}
