//! Changes of lists. What depends on what is there is tried on what was read, and tried again if somebody else was quicker.

use procession_cluster::Expect;
use procession_cluster::list::{Change, Run};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyRange};

use super::list::{List, assigned_outside};
use super::values;
use crate::cluster::calling::ask;
use crate::cluster::value::{all_to_bytes, borrowed, from_bytes, to_bytes};
use crate::encoding::Pickler;
use crate::manager::list_index::{Position, Slice};

impl List {
    pub(super) fn bytes(&self, value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
        to_bytes(value, &Pickler::default(), self.server())
    }

    pub(super) fn set(&self, Position(place): Position, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let bytes = self.bytes(value)?;
        match ask(value.py(), || {
            self.list.set(place, &bytes, Expect::Anything)
        })? {
            Change::OutOfRange { .. } => Err(assigned_outside()),
            _ => Ok(()),
        }
    }

    pub(super) fn extend_by(&self, values: &Bound<'_, PyAny>) -> PyResult<()> {
        let values_given = values.try_iter()?.collect::<PyResult<Vec<_>>>()?;
        let bytes = all_to_bytes(&values_given, self.server())?;
        ask(values.py(), || self.list.extend(&borrowed(&bytes)))
    }

    pub(super) fn set_slice(&self, slice: Slice, values: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = values.py();
        let values = values.try_iter().map_err(|_| not_iterable(slice))?;
        let values = values.collect::<PyResult<Vec<_>>>()?;
        if slice.is_run() {
            let (start, stop) = slice.bounds();
            let bytes = all_to_bytes(&values, self.server())?;
            let replaced = || {
                self.list
                    .splice(Run::Slice(start, stop), &borrowed(&bytes), None)
            };
            return ask(py, replaced).map(drop);
        }
        let places = slice.places(self.__len__(py)?);
        if places.len() != values.len() {
            return Err(PyValueError::new_err(format!(
                "attempt to assign sequence of size {} to extended slice of size {}",
                values.len(),
                places.len()
            )));
        }
        for (place, value) in places.into_iter().zip(&values) {
            let place = i64::try_from(place).map_err(|_| assigned_outside())?;
            self.set(Position(place), value)?;
        }
        Ok(())
    }

    pub(super) fn delete_slice(&self, py: Python<'_>, slice: Slice) -> PyResult<()> {
        if slice.is_run() {
            let (start, stop) = slice.bounds();
            return ask(py, || self.list.remove_run(Run::Slice(start, stop))).map(drop);
        }
        self.rearrange(py, |values| {
            let mut is_left = vec![true; values.len()];
            for place in slice.places(values.len()) {
                if let Some(is_left) = is_left.get_mut(place) {
                    *is_left = false;
                }
            }
            let left = is_left.into_iter().enumerate();
            Ok(left
                .filter(|(_, is_left)| *is_left)
                .map(|(place, _)| place)
                .collect())
        })
    }

    pub(super) fn remove_first(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.rearrange(value.py(), |values| {
            for (place, other) in values.iter().enumerate() {
                if other.eq(value)? {
                    return Ok((0..values.len()).filter(|other| *other != place).collect());
                }
            }
            Err(PyValueError::new_err("list.remove(x): x not in list"))
        })
    }

    pub(super) fn sort_by(
        &self,
        py: Python<'_>,
        key: Option<&Bound<'_, PyAny>>,
        reverse: bool,
    ) -> PyResult<()> {
        let sorted = py.import("builtins")?.getattr("sorted")?;
        self.rearrange(py, |values| {
            let mut keys = values.to_vec();
            if let Some(key) = key {
                keys = keys
                    .iter()
                    .map(|value| key.call1((value,)))
                    .collect::<PyResult<_>>()?;
            }
            let length = isize::try_from(keys.len()).unwrap_or(isize::MAX);
            let options = PyDict::new(py);
            options.set_item("key", PyList::new(py, keys)?.getattr("__getitem__")?)?;
            options.set_item("reverse", reverse)?;
            let places = PyRange::new(py, 0, length)?;
            sorted.call((places,), Some(&options))?.extract()
        })
    }

    /// Puts the values into the order that `plan` finds; what it leaves out is removed.
    fn rearrange<'py>(
        &self,
        py: Python<'py>,
        plan: impl Fn(&[Bound<'py, PyAny>]) -> PyResult<Vec<usize>>,
    ) -> PyResult<()> {
        loop {
            let (snapshot, entries) = ask(py, || {
                let snapshot = self.list.snapshot()?;
                let entries = snapshot.entries()?;
                Ok((snapshot, entries))
            })?;
            let order = plan(&values(py, entries, self.server())?)?;
            if order.iter().copied().eq(0..snapshot.len())
                || ask(py, || self.list.rearrange(&snapshot, &order))?
            {
                return Ok(());
            }
        }
    }

    pub(super) fn update<'py>(
        &self,
        Position(place): Position,
        function: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = function.py();
        loop {
            let entry = ask(py, || self.list.get(place))?.ok_or_else(assigned_outside)?;
            let former = from_bytes(py, entry.value, self.server())?;
            let value = function.call1((former,))?;
            let bytes = self.bytes(&value)?;
            let expect = Expect::Exactly(entry.stamp);
            match ask(py, || self.list.set(place, &bytes, expect))? {
                Change::Made => return Ok(value),
                // Found anew, or found missing.
                Change::Refused | Change::OutOfRange { .. } => {}
            }
        }
    }
}

fn not_iterable(slice: Slice) -> PyErr {
    PyTypeError::new_err(match slice.is_run() {
        true => "can only assign an iterable",
        false => "must assign iterable to extended slice",
    })
}
