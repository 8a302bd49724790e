//! Dicts.

use procession_arena::{Error, Participant};
use procession_engine::with_participant;
use procession_objects::{
    self as objects, Change, DictConfig, Expect, Item, Reading, SnapshotEntry, Stamp,
};
use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::entry::{self, MARK};
use super::key::Key;
use super::{CONTENTS, Entries, LARGE, Stored, decode_part, decode_reading, read};
use crate::error::to_exception;
use crate::held::{HandleNumbers, Held};
use crate::transfer::Arrival;

/// A dict in shared memory.
#[pyclass(subclass, frozen, mapping, module = "procession._native")]
pub(crate) struct Dict {
    held: Held<objects::Dict>,
}

#[pymethods]
impl Dict {
    /// Creates an empty dict, or takes hold of the one that `handle` names.
    #[new]
    #[pyo3(signature = (handle=None))]
    fn new(py: Python<'_>, handle: Option<HandleNumbers>) -> PyResult<Dict> {
        let config = DictConfig {
            contents: CONTENTS,
            ..DictConfig::default()
        };
        Ok(Dict {
            held: Held::new(py, handle, |me| objects::Dict::create(me, &config))?,
        })
    }

    /// The dict's name in the session.
    #[getter]
    fn handle(&self) -> HandleNumbers {
        self.held.handle()
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        let length = self.held.with(py, |dict, me| dict.len(me))?;
        Ok(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn __contains__(&self, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        let given = Key::new(key)?;
        if given.is_unique {
            return Ok(false);
        }
        self.held
            .with(key.py(), |dict, me| dict.contains(me, &given.bytes))
    }

    fn __getitem__<'py>(&self, key: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.find(key)?.ok_or_else(|| missing(key))
    }

    fn __setitem__(&self, key: &Bound<'_, PyAny>, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let given = Key::new(key)?;
        let value = Stored::new(value)?;
        let py = key.py();
        if given.is_itself {
            let is_set = match value.bytes.len() < LARGE {
                true => self.set(py, &given, &value, Expect::Unmarked(MARK))?,
                false => py
                    .detach(|| self.try_set(&given.bytes, &value, Expect::Unmarked(MARK)))
                    .map_err(|error| to_exception(py, error))?,
            };
            if is_set {
                return Ok(());
            }
        }
        while !self.set_if_still(py, &given, self.version(py, &given)?, &value)? {}
        Ok(())
    }

    fn __delitem__(&self, key: &Bound<'_, PyAny>) -> PyResult<()> {
        let given = Key::new(key)?;
        let removed = self.held.with(key.py(), |dict, me| {
            dict.remove(me, &given.bytes, Expect::Anything, None)
        })?;
        match removed {
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
        let given = Key::new(key)?;
        let taken = read(key.py(), |me, reading| {
            let dict = self.held.object();
            dict.remove(me, &given.bytes, Expect::Anything, Some(reading))
        })?;
        match (taken, default.iter_borrowed().next()) {
            (Some(value), _) => Ok(value),
            (None, Some(default)) => Ok(default.to_owned()),
            (None, None) => Err(missing(key)),
        }
    }

    /// Removes the entry that was inserted last, and returns its key and value.
    fn popitem<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let mut key = Vec::new();
        let mut reading = Reading::default();
        let is_taken = self
            .held
            .with(py, |dict, me| dict.pop_item(me, &mut key, &mut reading))?;
        if !is_taken {
            return Err(PyKeyError::new_err("popitem(): dictionary is empty"));
        }
        let key = entry::decode_key(py, &key, &reading.bytes);
        let value = decode_reading(py, &mut reading)?;
        Ok((key?, value))
    }

    /// The value of `key`; if there is none, sets it to `default` and returns that.
    #[pyo3(signature = (key, default=None, /))]
    fn setdefault<'py>(
        &self,
        key: &Bound<'py, PyAny>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = key.py();
        let given = Key::new(key)?;
        let default = default.unwrap_or_else(|| py.None().into_bound(py));
        let mut stored = None;
        loop {
            if let Some(value) = self.read(py, &given)? {
                return Ok(value);
            }
            let stored = match &stored {
                Some(stored) => stored,
                None => stored.insert(Stored::new(&default)?),
            };
            if self.set_if_still(py, &given, Version::absent(), stored)? {
                return decode_part(py, &stored.bytes);
            }
        }
    }

    /// Removes all entries.
    fn clear(&self, py: Python<'_>) -> PyResult<()> {
        let dict = self.held.object();
        py.detach(|| with_participant(|me| dict.clear(me)))
            .map_err(|error| to_exception(py, error))
    }

    /// The keys at this moment, in the order of their insertion.
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let keys = self
            .entries(py)?
            .decode(|entry| entry::decode_key(py, entry.key, entry.value))?;
        PyList::new(py, keys)
    }

    /// The values at this moment, in the order of their keys.
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.entries(py)?.values(py)?)
    }

    /// Keys and values at this moment.
    fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let pairs = self.entries(py)?.decode(|entry| decode_pair(py, entry))?;
        PyList::new(py, pairs)
    }

    /// A dict with what is in this one at this moment.
    fn copy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let entries = self.entries(py)?;
        let dict = PyDict::new(py);
        for entry in entries.snapshot.iter() {
            let (key, value) = decode_pair(py, entry)?;
            dict.set_item(key, value)?;
        }
        Ok(dict)
    }

    /// Sets all that is in `items`, as one step.
    fn _extend(&self, items: &Bound<'_, PyDict>) -> PyResult<()> {
        let py = items.py();
        let is_empty = self.held.with(py, |dict, me| dict.is_empty(me))?;
        let mut entries = Vec::with_capacity(items.len());
        for (key, value) in items.iter() {
            let given = Key::new(&key)?;
            let version = match is_empty {
                true => Version::absent(),
                false => self.version(py, &given)?,
            };
            let mut value = Stored::new(&value)?;
            if let Some(marked) = version.marked(&given, &value)? {
                value.bytes = marked;
            }
            entries.push((given.bytes, value));
        }
        let items: Vec<_> = entries
            .iter()
            .map(|(key, value)| Item {
                key,
                value: &value.bytes,
                handles: &value.handles,
            })
            .collect();
        let dict = self.held.object();
        py.detach(|| with_participant(|me| dict.extend(me, &items)))
            .map_err(|error| to_exception(py, error))
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
        let py = key.py();
        let given = Key::new(key)?;
        loop {
            let version = self.version(py, &given)?;
            let former = match version.stamp {
                Some(_) => version.decode(py)?,
                None => default
                    .iter_borrowed()
                    .next()
                    .ok_or_else(|| missing(key))?
                    .to_owned(),
            };
            let value = function.call1((former,))?;
            if self.set_if_still(py, &given, version, &Stored::new(&value)?)? {
                return Ok(value);
            }
        }
    }
}

impl Dict {
    #[inline]
    fn find<'py>(&self, key: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.read(key.py(), &Key::new(key)?)
    }

    #[inline]
    fn read<'py>(
        &self,
        py: Python<'py>,
        key: &Key<'_, 'py>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        if key.is_unique {
            return Ok(None);
        }
        read(py, |me, reading| {
            self.held.object().get(me, &key.bytes, reading)
        })
    }

    fn entries(&self, py: Python<'_>) -> PyResult<Entries> {
        let dict = self.held.object();
        Entries::take(py, |me, snapshot| dict.snapshot(me, snapshot))
    }

    /// The entry of a key as it is now.
    fn version(&self, py: Python<'_>, key: &Key<'_, '_>) -> PyResult<Version> {
        if key.is_unique {
            return Ok(Version::absent());
        }
        let mut reading = Reading::default();
        let stamp = self.held.with(py, |dict, me| {
            dict.get_stamped(me, &key.bytes, &mut reading)
        })?;
        let arrival = Arrival(std::mem::take(&mut reading.handles));
        Ok(Version {
            stamp,
            bytes: reading.bytes,
            _arrival: arrival,
        })
    }

    /// Sets the value of a key if its entry still is that version; says whether it was.
    fn set_if_still(
        &self,
        py: Python<'_>,
        key: &Key<'_, '_>,
        version: Version,
        value: &Stored,
    ) -> PyResult<bool> {
        let expect = match version.stamp {
            Some(stamp) => Expect::Exactly(stamp),
            None => Expect::Absent,
        };
        match version.marked(key, value)? {
            None => self.set(py, key, value, expect),
            Some(bytes) => {
                let handles = value.handles.clone();
                self.set(py, key, &Stored { bytes, handles }, expect)
            }
        }
    }

    #[inline]
    fn set(
        &self,
        py: Python<'_>,
        key: &Key<'_, '_>,
        value: &Stored,
        expect: Expect,
    ) -> PyResult<bool> {
        self.try_set(&key.bytes, value, expect)
            .map_err(|error| to_exception(py, error))
    }

    #[inline]
    fn try_set(&self, key: &[u8], value: &Stored, expect: Expect) -> Result<bool, Error> {
        let set = |me: &Participant| {
            let dict = self.held.object();
            dict.set(me, key, &value.bytes, &value.handles, expect, None)
        };
        Ok(with_participant(set)? != Change::Refused)
    }
}

/// An entry as it was read, or that there was none.
struct Version {
    stamp: Option<Stamp>,
    bytes: Vec<u8>,
    /// Keeps the shared objects in it.
    _arrival: Arrival,
}

impl Version {
    fn absent() -> Version {
        Version {
            stamp: None,
            bytes: Vec::new(),
            _arrival: Arrival(Vec::new()),
        }
    }

    /// What is to stand in the entry in place of the bytes of `value`, if something else.
    ///
    /// The key of an entry that is there stays as it is.
    fn marked(&self, key: &Key<'_, '_>, value: &Stored) -> PyResult<Option<Vec<u8>>> {
        match self.stamp {
            None => key.entry(&value.bytes),
            Some(_) => {
                let (former, _) = entry::split(&self.bytes)?;
                Ok(former.map(|former| entry::marked(former, &value.bytes)))
            }
        }
    }

    fn decode<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        decode_part(py, entry::split(&self.bytes)?.1)
    }
}

fn decode_pair<'py>(
    py: Python<'py>,
    entry: SnapshotEntry<'_>,
) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
    let value = decode_part(py, entry::split(entry.value)?.1)?;
    Ok((entry::decode_key(py, entry.key, entry.value)?, value))
}

#[cold]
fn missing(key: &Bound<'_, PyAny>) -> PyErr {
    // In a tuple, lest a key that is one be taken for several arguments.
    PyKeyError::new_err((key.clone().unbind(),))
}
