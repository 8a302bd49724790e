//! Reading entries.

use procession_cluster as core;
use procession_cluster::{Entry, Expect};
use pyo3::prelude::*;

use super::Dict;
use crate::cluster::calling::ask;
use crate::cluster::value::from_bytes;
use crate::encoding::read_plain;
use crate::manager::entry;
use crate::manager::key::Key;

/// A key and its value.
pub(super) type Pair<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

impl Dict {
    pub(super) fn server(&self) -> &core::Cluster {
        self.dict.object().cluster()
    }

    pub(super) fn find<'py>(&self, key: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = key.py();
        let found = self.entry(py, &Key::new(key)?)?;
        found.map(|found| self.value(py, &found.value)).transpose()
    }

    /// The entry of a key as it is now.
    pub(super) fn entry(&self, py: Python<'_>, key: &Key<'_, '_>) -> PyResult<Option<Entry>> {
        let name = key.bytes.as_slice();
        match key.is_unique {
            true => Ok(None),
            false => ask(py, || self.dict.get(name)),
        }
    }

    pub(super) fn take<'py>(&self, key: &Key<'_, 'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = key.given.py();
        let name = key.bytes.as_slice();
        let taken = ask(py, || self.dict.take(name, Expect::Anything))?;
        taken.map(|taken| self.value(py, &taken)).transpose()
    }

    /// All keys and values at one moment.
    pub(super) fn pairs<'py>(&self, py: Python<'py>) -> PyResult<Vec<Pair<'py>>> {
        let snapshot = ask(py, || self.dict.snapshot())?;
        let entries = snapshot.entries.iter();
        entries
            .map(|entry| self.pair(py, &entry.key, &entry.value))
            .collect()
    }

    /// The key with which an entry was first set, and its value.
    pub(super) fn pair<'py>(
        &self,
        py: Python<'py>,
        key: &[u8],
        written: &[u8],
    ) -> PyResult<Pair<'py>> {
        let value = self.value(py, written)?;
        let key = match entry::split(written)? {
            (Some(key), _) => from_bytes(py, key.to_vec(), self.server())?,
            (None, _) => read_plain(py, key)?,
        };
        Ok((key, value))
    }

    /// The value in what stands in an entry.
    pub(super) fn value<'py>(
        &self,
        py: Python<'py>,
        written: &[u8],
    ) -> PyResult<Bound<'py, PyAny>> {
        from_bytes(py, entry::split(written)?.1.to_vec(), self.server())
    }
}
