//! Bytes that came out of shared memory, lent to Python objects.

use std::ffi::c_int;

use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;

use crate::spare;

/// A message's bytes. The arrays that lie in it keep it alive.
#[pyclass(frozen, module = "procession._native")]
pub(crate) struct Memory {
    start: *mut u8,
    length: usize,
    capacity: usize,
}

// SAFETY: the pointer is the only one to a vector's memory, which no method reads or writes. Python's views of it are subject
// to Python's rules.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    pub(crate) fn new(bytes: Vec<u8>) -> Memory {
        let mut bytes = std::mem::ManuallyDrop::new(bytes);
        Memory {
            start: bytes.as_mut_ptr(),
            length: bytes.len(),
            capacity: bytes.capacity(),
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: these are the parts of a vector that was not dropped; no view exists any more, since each keeps this object.
        spare::keep(unsafe { Vec::from_raw_parts(self.start, self.length, self.capacity) });
    }
}

#[pymethods]
impl Memory {
    /// # Safety
    ///
    /// Called by the interpreter alone, with a view to fill.
    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("there is no view to fill"));
        }
        let (start, length) = {
            let memory = slf.get();
            (memory.start, memory.length)
        };
        // SAFETY: the view is the interpreter's; the bytes live as long as this object, to which the view gets a reference.
        let filled = unsafe {
            ffi::PyBuffer_FillInfo(
                view,
                slf.as_ptr(),
                start.cast(),
                length as ffi::Py_ssize_t,
                0,
                flags,
            )
        };
        match filled {
            0 => Ok(()),
            _ => Err(PyErr::fetch(slf.py())),
        }
    }
}
