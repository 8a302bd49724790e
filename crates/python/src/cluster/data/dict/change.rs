//! Changing entries. What depends on an entry is tried on what was read, and tried again if somebody else was quicker.

use procession_cluster::dict::{Change, Item};
use procession_cluster::{Entry, Expect};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::{Dict, missing};
use crate::cluster::calling::ask;
use crate::cluster::value::to_bytes;
use crate::encoding::Pickler;
use crate::manager::entry::{self, MARK};
use crate::manager::key::Key;

impl Dict {
    pub(super) fn set_always(
        &self,
        key: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let py = key.py();
        let given = Key::new(key)?;
        let value = self.bytes(value)?;
        if given.is_itself && self.set(py, &given, &value, Expect::Unmarked(MARK))? {
            return Ok(());
        }
        while !self.set_if_still(py, &given, self.entry(py, &given)?, &value)? {}
        Ok(())
    }

    pub(super) fn find_or_set<'py>(
        &self,
        key: &Bound<'py, PyAny>,
        default: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = key.py();
        let given = Key::new(key)?;
        let mut bytes = None;
        loop {
            if let Some(found) = self.entry(py, &given)? {
                return self.value(py, &found.value);
            }
            let bytes = match &bytes {
                Some(bytes) => bytes,
                None => bytes.insert(self.bytes(default)?),
            };
            if self.set_if_still(py, &given, None, bytes)? {
                return self.value(py, bytes);
            }
        }
    }

    pub(super) fn update<'py>(
        &self,
        key: &Bound<'py, PyAny>,
        function: &Bound<'py, PyAny>,
        default: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = key.py();
        let given = Key::new(key)?;
        loop {
            let found = self.entry(py, &given)?;
            let former = match (&found, default.iter_borrowed().next()) {
                (Some(found), _) => self.value(py, &found.value)?,
                (None, Some(default)) => default.to_owned(),
                (None, None) => return Err(missing(key)),
            };
            let value = function.call1((former,))?;
            if self.set_if_still(py, &given, found, &self.bytes(&value)?)? {
                return Ok(value);
            }
        }
    }

    pub(super) fn set_all(&self, items: &Bound<'_, PyDict>) -> PyResult<()> {
        let py = items.py();
        let given: Vec<_> = items.iter().collect();
        let mut keys = Vec::with_capacity(given.len());
        let mut values = Vec::with_capacity(given.len());
        for (key, value) in &given {
            keys.push(Key::new(key)?);
            values.push(self.bytes(value)?);
        }
        while !self.try_set_all(py, &keys, &values)? {}
        Ok(())
    }

    /// Sets them if none of their entries is changed meanwhile.
    fn try_set_all(
        &self,
        py: Python<'_>,
        keys: &[Key<'_, '_>],
        values: &[Vec<u8>],
    ) -> PyResult<bool> {
        let names: Vec<_> = keys.iter().map(|key| key.bytes.as_slice()).collect();
        let found = ask(py, || self.dict.get_many(&names))?;
        let mut changes = Vec::with_capacity(keys.len());
        for ((key, value), found) in keys.iter().zip(values).zip(found) {
            let expect = expected(found.as_ref());
            let marked = self.marked(key, found.as_ref(), value)?;
            changes.push((key, marked, value, expect));
        }
        let items: Vec<_> = changes
            .iter()
            .map(|(key, marked, value, expect)| Item {
                key: &key.bytes,
                value: marked.as_ref().unwrap_or(value),
                expect: *expect,
            })
            .collect();
        ask(py, || self.dict.extend(&items))
    }

    /// Sets the value of a key if its entry still is what was read; says whether it was.
    fn set_if_still(
        &self,
        py: Python<'_>,
        key: &Key<'_, '_>,
        found: Option<Entry>,
        value: &[u8],
    ) -> PyResult<bool> {
        let marked = self.marked(key, found.as_ref(), value)?;
        let value = marked.as_deref().unwrap_or(value);
        self.set(py, key, value, expected(found.as_ref()))
    }

    fn set(
        &self,
        py: Python<'_>,
        key: &Key<'_, '_>,
        value: &[u8],
        expect: Expect,
    ) -> PyResult<bool> {
        let name = key.bytes.as_slice();
        let change = ask(py, || self.dict.set(name, value, expect))?;
        Ok(change != Change::Refused)
    }

    /// What is to stand in the entry in place of the value, if something else.
    ///
    /// The key of an entry that is there stays as it is.
    fn marked(
        &self,
        key: &Key<'_, '_>,
        found: Option<&Entry>,
        value: &[u8],
    ) -> PyResult<Option<Vec<u8>>> {
        let Some(found) = found else {
            return match key.is_itself {
                true => Ok(None),
                false => Ok(Some(entry::marked(&self.bytes(key.given)?, value))),
            };
        };
        let (former, _) = entry::split(&found.value)?;
        Ok(former.map(|former| entry::marked(former, value)))
    }

    fn bytes(&self, value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
        to_bytes(value, &Pickler::default(), self.server())
    }
}

fn expected(found: Option<&Entry>) -> Expect {
    match found {
        Some(found) => Expect::Exactly(found.stamp),
        None => Expect::Absent,
    }
}
