//! Changes of lists that depend on what is there: tried on what was read, and tried again if somebody else was quicker.

use procession_arena::Error;
use procession_engine::with_participant;
use procession_objects::{Expect, Reading};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyRange};

use super::list::{List, assigned_outside, forget};
use super::list_index::{Position, Slice};
use super::{Entries, Stored, decode_part};
use crate::error::to_exception;
use crate::transfer::Arrival;

impl List {
    pub(super) fn set(&self, py: Python<'_>, place: Position, value: &Stored) -> PyResult<()> {
        let is_set = self
            .held
            .with(py, |list, me| match u64::try_from(place.0) {
                Ok(place) => match list.set(me, place, value.as_element(), Expect::Anything) {
                    Err(Error::IndexOutOfRange { .. }) => Ok(false),
                    outcome => outcome,
                },
                Err(_) => {
                    let place = |length| place.range(length);
                    list.splice_where(me, place, &[value.as_element()], None)
                }
            })?;
        is_set.then_some(()).ok_or_else(assigned_outside)
    }

    pub(super) fn set_slice(&self, slice: Slice, values: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = values.py();
        let values = values.try_iter().map_err(|_| not_iterable(slice))?;
        let values = values.collect::<PyResult<Vec<_>>>()?;
        if slice.is_run() {
            return self
                .change_run(&values, |length| Some(slice.run(length)))
                .map(drop);
        }
        let places = slice.places(self.__len__(py)?);
        if places.len() != values.len() {
            return Err(PyValueError::new_err(format!(
                "attempt to assign sequence of size {} to extended slice of size {}",
                values.len(),
                places.len()
            )));
        }
        let stored = Stored::all(&values)?;
        for (place, value) in places.into_iter().zip(&stored) {
            let place = i64::try_from(place).map_err(|_| assigned_outside())?;
            self.set(py, Position(place), value)?;
        }
        Ok(())
    }

    pub(super) fn delete_slice(&self, py: Python<'_>, slice: Slice) -> PyResult<()> {
        if slice.is_run() {
            return self.held.with(py, |list, me| {
                list.splice_where(me, |length| Some(slice.run(length)), &[], None)
                    .map(drop)
            });
        }
        self.rearrange(py, |entries| {
            let mut is_left = vec![true; entries.snapshot.len()];
            for place in slice.places(is_left.len()) {
                is_left[place] = false;
            }
            Ok((0..is_left.len()).filter(|place| is_left[*place]).collect())
        })
    }

    pub(super) fn remove_first(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = value.py();
        self.rearrange(py, |entries| {
            for (place, entry) in entries.snapshot.iter().enumerate() {
                if decode_part(py, entry.value)?.eq(value)? {
                    let length = entries.snapshot.len();
                    return Ok((0..length).filter(|other| *other != place).collect());
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
        self.rearrange(py, |entries| {
            let mut keys = entries.values(py)?;
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

    /// Puts the elements into the order that `plan` finds; what it leaves out is removed.
    fn rearrange(
        &self,
        py: Python<'_>,
        plan: impl Fn(&Entries) -> PyResult<Vec<usize>>,
    ) -> PyResult<()> {
        let list = self.held.object();
        loop {
            let entries = self.entries(py)?;
            let order = plan(&entries)?;
            if order.iter().copied().eq(0..entries.snapshot.len()) {
                return Ok(());
            }
            let is_done = py
                .detach(|| with_participant(|me| list.rearrange(me, &entries.snapshot, &order)))
                .map_err(|error| to_exception(py, error))?;
            if is_done {
                return Ok(());
            }
        }
    }

    pub(super) fn update<'py>(
        &self,
        place: Position,
        function: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = function.py();
        loop {
            let mut reading = Reading::default();
            let read = self.held.with(py, |list, me| {
                loop {
                    let length = list.len(me)?;
                    let Some(place) = place.within(length) else {
                        return Ok(None);
                    };
                    let stamp = list.get_stamped(me, place, &mut reading)?;
                    if list.len(me)? == length {
                        return Ok(stamp.map(|stamp| (place, stamp)));
                    }
                    forget(me, &mut reading)?;
                }
            })?;
            let arrival = Arrival(std::mem::take(&mut reading.handles));
            let (place, stamp) = read.ok_or_else(assigned_outside)?;
            let former = decode_part(py, &reading.bytes)?;
            drop(arrival);
            let value = function.call1((former,))?;
            let stored = Stored::new(&value)?;
            let is_set = self.held.with(py, |list, me| {
                match list.set(me, place, stored.as_element(), Expect::Exactly(stamp)) {
                    Err(Error::IndexOutOfRange { .. }) => Ok(false),
                    outcome => outcome,
                }
            })?;
            if is_set {
                return Ok(value);
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
