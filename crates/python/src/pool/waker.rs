//! Telling an event loop that a job is done.

use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};

use pyo3::prelude::*;

/// Calls a Python object once.
struct Call(Mutex<Option<Py<PyAny>>>);

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        // A loop that has ended cannot be told anything; nor can an interpreter that is ending.
        Python::try_attach(|py| {
            let call = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
            call.map(|call| call.call0(py).map(drop))
        });
    }
}

pub(super) fn calling(call: Py<PyAny>) -> Waker {
    Waker::from(Arc::new(Call(Mutex::new(Some(call)))))
}
