//! Positions in a list as Python names them: from either end, and slices.

use std::ops::Range;

use pyo3::exceptions::{PyIndexError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PySlice;

/// What stands between the brackets. Free of Python objects, so that it can be looked at while the list is locked.
pub(crate) enum Index {
    At(Position),
    Slice(Slice),
}

impl Index {
    pub(crate) fn new(index: &Bound<'_, PyAny>) -> PyResult<Index> {
        match index.cast::<PySlice>() {
            Ok(slice) => Slice::new(slice).map(Index::Slice),
            Err(_) => Position::new(index).map(Index::At),
        }
    }
}

/// One place; less than zero from the end.
#[derive(Clone, Copy)]
pub(crate) struct Position(pub(crate) i64);

impl Position {
    pub(crate) fn new(index: &Bound<'_, PyAny>) -> PyResult<Position> {
        if let Ok(number) = index.extract::<i64>() {
            return Ok(Position(number));
        }
        let kind = index.get_type().name()?;
        Err(match index.hasattr("__index__")? {
            true => {
                PyIndexError::new_err(format!("cannot fit '{kind}' into an index-sized integer"))
            }
            false => PyTypeError::new_err(format!(
                "list indices must be integers or slices, not {kind}"
            )),
        })
    }

    /// As an argument of a method, which refuses other things than brackets do.
    pub(crate) fn argument(index: &Bound<'_, PyAny>) -> PyResult<Position> {
        index.extract().map(Position)
    }

    /// The place from the beginning; `None` if there is none.
    pub(crate) fn within(self, length: u64) -> Option<u64> {
        let place = match u64::try_from(self.0) {
            Ok(place) => place,
            Err(_) => length.checked_sub(self.0.unsigned_abs())?,
        };
        (place < length).then_some(place)
    }

    /// The element at the place, as a range.
    pub(crate) fn range(self, length: u64) -> Option<Range<u64>> {
        self.within(length).map(|place| place..place + 1)
    }

    /// The place in front of which something is to be put, which always exists.
    pub(crate) fn clamped(self, length: u64) -> u64 {
        clamp(self.0, length)
    }
}

/// `start:stop:step`
#[derive(Clone, Copy)]
pub(crate) struct Slice {
    start: Option<i64>,
    stop: Option<i64>,
    step: i64,
}

impl Slice {
    fn new(slice: &Bound<'_, PySlice>) -> PyResult<Slice> {
        let step = part(slice, "step")?.unwrap_or(1);
        if step == 0 {
            return Err(PyValueError::new_err("slice step cannot be zero"));
        }
        Ok(Slice {
            start: part(slice, "start")?,
            stop: part(slice, "stop")?,
            step,
        })
    }

    /// Whether it names a run of elements.
    pub(crate) fn is_run(self) -> bool {
        self.step == 1
    }

    /// Whether it means the same elements however long the list is.
    pub(crate) fn is_absolute(self) -> bool {
        self.start.unwrap_or(0) >= 0 && self.stop.unwrap_or(0) >= 0
    }

    /// Where it begins and ends, as it says.
    pub(crate) fn bounds(self) -> (Option<i64>, Option<i64>) {
        (self.start, self.stop)
    }

    /// The run of elements that it names.
    pub(crate) fn run(self, length: u64) -> Range<u64> {
        let start = self.start.map_or(0, |start| clamp(start, length));
        let stop = self.stop.map_or(length, |stop| clamp(stop, length));
        start..stop.max(start)
    }

    /// The places that it names, in its order.
    pub(crate) fn places(self, length: usize) -> Vec<usize> {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        let (low, high) = match self.step > 0 {
            true => (0, length),
            false => (-1, length - 1),
        };
        let bound = |given: Option<i64>, otherwise: i64| match given {
            None => otherwise,
            Some(place) if place < 0 => place.saturating_add(length).max(low),
            Some(place) => place.min(high),
        };
        let (first, last) = match self.step > 0 {
            true => (low, high),
            false => (high, low),
        };
        let (mut place, stop) = (bound(self.start, first), bound(self.stop, last));
        let mut places = Vec::new();
        while (self.step > 0 && place < stop) || (self.step < 0 && place > stop) {
            places.extend(usize::try_from(place));
            place = place.saturating_add(self.step);
        }
        places
    }
}

fn part(slice: &Bound<'_, PySlice>, name: &str) -> PyResult<Option<i64>> {
    let part = slice.getattr(name)?;
    if part.is_none() {
        return Ok(None);
    }
    if let Ok(number) = part.extract::<i64>() {
        return Ok(Some(number));
    }
    if !part.hasattr("__index__")? {
        return Err(PyTypeError::new_err(
            "slice indices must be integers or None or have an __index__ method",
        ));
    }
    Ok(Some(match part.lt(0)? {
        true => i64::MIN,
        false => i64::MAX,
    }))
}

fn clamp(place: i64, length: u64) -> u64 {
    match u64::try_from(place) {
        Ok(place) => place.min(length),
        Err(_) => length.saturating_sub(place.unsigned_abs()),
    }
}
