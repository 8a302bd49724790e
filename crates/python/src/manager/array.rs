//! Arrays of numbers, as bytes: what they mean is the business of `array.array`.

use procession_arena::{Error, Participant, Wait};
use procession_objects::{self as objects, Initial};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::CONTENTS;
use crate::held::{HandleNumbers, Held};

/// An array in shared memory.
#[pyclass(subclass, frozen, module = "procession._native")]
pub(crate) struct Array {
    held: Held<objects::SharedArray>,
}

#[pymethods]
impl Array {
    /// Creates an array of elements of `size` bytes each, or takes hold of the one that `handle` names.
    #[new]
    #[pyo3(signature = (handle=None, elements=None, size=1))]
    fn new(
        py: Python<'_>,
        handle: Option<HandleNumbers>,
        elements: Option<&[u8]>,
        size: u64,
    ) -> PyResult<Array> {
        let initial = Initial::Elements(elements.unwrap_or_default(), size);
        Ok(Array {
            held: Held::new(py, handle, |me| {
                objects::SharedArray::create(me, initial, CONTENTS)
            })?,
        })
    }

    /// The array's name in the session.
    #[getter]
    fn handle(&self) -> HandleNumbers {
        self.held.handle()
    }

    fn __len__(&self) -> usize {
        usize::try_from(self.held.object().len()).unwrap_or(usize::MAX)
    }

    /// The bytes of the element at `place`.
    fn _read_one<'py>(&self, py: Python<'py>, place: u64) -> PyResult<Bound<'py, PyBytes>> {
        let mut bytes = vec![0; self.size()];
        let read = self.held.with(py, |array, me| {
            in_range(array.read_into(me, place, &mut bytes))
        })?;
        read.ok_or_else(out_of_range)?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// The bytes of the elements from `start` to `stop`, as they are at one moment.
    fn _read<'py>(&self, py: Python<'py>, start: u64, stop: u64) -> PyResult<Bound<'py, PyBytes>> {
        let count = usize::try_from(stop.saturating_sub(start)).unwrap_or(usize::MAX);
        let length = count.checked_mul(self.size()).ok_or_else(out_of_range)?;
        let mut bytes = vec![0; length];
        let read = self.locked(py, |array, me| {
            in_range(array.read_into(me, start, &mut bytes))
        })?;
        read.ok_or_else(out_of_range)?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Replaces the elements from `start` on.
    fn _write(&self, py: Python<'_>, start: u64, elements: &[u8]) -> PyResult<()> {
        self.locked(py, |array, me| {
            in_range(array.write_from(me, start, elements))
        })?
        .ok_or_else(out_of_range)
    }
}

impl Array {
    fn size(&self) -> usize {
        usize::try_from(self.held.object().element_size()).unwrap_or(usize::MAX)
    }

    /// Does something that cannot take long, while nobody changes the array who goes this way as well.
    ///
    /// Who died meanwhile leaves nothing half done but elements, each of which is whole.
    fn locked<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce(&objects::SharedArray, &Participant) -> Result<T, Error> + Send,
    ) -> PyResult<T> {
        let array = self.held.object();
        py.detach(|| {
            procession_engine::with_participant(|me| {
                let taken = array.acquire(me, Wait::Forever)?;
                let outcome = work(array, me);
                array.release_hold(me, taken.hold)?;
                outcome
            })
        })
        .map_err(|error| crate::error::to_exception(py, error))
    }
}

fn in_range(outcome: Result<(), Error>) -> Result<Option<()>, Error> {
    match outcome {
        Ok(()) => Ok(Some(())),
        Err(Error::IndexOutOfRange { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn out_of_range() -> PyErr {
    PyIndexError::new_err("array index out of range")
}
