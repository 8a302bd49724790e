//! Single values.

use procession_objects::{self as objects, Expect, Reading};
use pyo3::prelude::*;

use super::{CONTENTS, Stored, decode_part, read};
use crate::held::{HandleNumbers, Held};
use crate::transfer::Arrival;

/// A value in shared memory.
#[pyclass(subclass, frozen, module = "procession._native")]
pub(crate) struct Value {
    held: Held<objects::Value>,
}

#[pymethods]
impl Value {
    /// Creates a value, or takes hold of the one that `handle` names.
    #[new]
    #[pyo3(signature = (handle=None, value=None))]
    fn new(
        py: Python<'_>,
        handle: Option<HandleNumbers>,
        value: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Value> {
        let none = py.None().into_bound(py);
        let stored = Stored::new(value.unwrap_or(&none))?;
        Ok(Value {
            held: Held::new(py, handle, |me| {
                objects::Value::create_record(me, &stored.bytes, &stored.handles, CONTENTS)
            })?,
        })
    }

    /// The value's name in the session.
    #[getter]
    fn handle(&self) -> HandleNumbers {
        self.held.handle()
    }

    /// The value.
    fn get<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let value = read(py, |me, reading| {
            reading.clear();
            self.held.object().get(me, reading).map(|()| true)
        })?;
        Ok(value.unwrap_or_else(|| py.None().into_bound(py)))
    }

    /// Replaces the value.
    fn set(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        let stored = Stored::new(value)?;
        self.set_if(value.py(), &stored, Expect::Anything).map(drop)
    }

    /// Replaces the value by what `function` makes of it, and returns that.
    fn _update_with<'py>(&self, function: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = function.py();
        loop {
            let mut reading = Reading::default();
            let stamp = self
                .held
                .with(py, |value, me| value.get_stamped(me, &mut reading))?;
            let arrival = Arrival(std::mem::take(&mut reading.handles));
            let former = decode_part(py, &reading.bytes)?;
            drop(arrival);
            let value = function.call1((former,))?;
            if self.set_if(py, &Stored::new(&value)?, Expect::Exactly(stamp))? {
                return Ok(value);
            }
        }
    }
}

impl Value {
    fn set_if(&self, py: Python<'_>, stored: &Stored, expect: Expect) -> PyResult<bool> {
        self.held.with(py, |value, me| {
            value.set(me, &stored.bytes, &stored.handles, expect)
        })
    }
}
