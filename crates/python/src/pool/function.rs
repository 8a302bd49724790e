//! The function that a task calls, on its way to a worker.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use procession_arena::Handle;
use procession_cluster::Cluster;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyCFunction, PyDict, PyFunction, PyType};

use crate::encoding::{Pickler, decode, encode_for};
use crate::transfer::Goal;

/// A function as it travels.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) bytes: Vec<u8>,
    pub(super) handles: Vec<Handle>,
    /// It travels by name: whoever reads the same bytes gets the same object.
    pub(super) is_name: bool,
    /// It travels with its code if need be, by cloudpickle; and so does what it returns.
    pub(super) with_code: bool,
}

impl Function {
    pub(super) fn encode(
        function: &Bound<'_, PyAny>,
        pickler: &Pickler,
        server: Option<&Cluster>,
    ) -> PyResult<Function> {
        let is_name = pickler.is_usual() && travels_by_name(function)?;
        let encoded = encode_for(function, pickler, Goal::worker(server))?;
        let handles = encoded.handles.clone();
        Ok(Function {
            is_name: is_name && handles.is_empty(),
            bytes: encoded.into_bytes(),
            handles,
            with_code: !pickler.is_usual(),
        })
    }
}

/// Whether pickle writes down nothing but where the object is to be found.
fn travels_by_name(function: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = function.py();
    let is_builtin = function.cast_exact::<PyCFunction>().is_ok();
    let is_type = function.get_type().is(py.get_type::<PyType>());
    if !(function.cast_exact::<PyFunction>().is_ok() || is_builtin || is_type) {
        return Ok(false);
    }
    if is_builtin && !belongs_to_module(function)? {
        return Ok(false);
    }
    // Somebody may have taught pickle something else about functions.
    Ok(!reducers(py)?
        .iter()
        .any(|known| known.bind(py).contains(function.get_type()).unwrap_or(true)))
}

/// A built-in function, rather than the method of some object.
fn belongs_to_module(function: &Bound<'_, PyAny>) -> PyResult<bool> {
    let owner = function.getattr("__self__")?;
    Ok(owner.is_none() || owner.is_instance_of::<pyo3::types::PyModule>())
}

/// The tables in which pickle looks for a type before anything else.
fn reducers(py: Python<'_>) -> PyResult<&[Py<PyDict>; 2]> {
    static TABLES: PyOnceLock<[Py<PyDict>; 2]> = PyOnceLock::new();
    TABLES.get_or_try_init(py, || {
        let of_pickle = py.import("copyreg")?.getattr("dispatch_table")?;
        let pickler = py
            .import("multiprocessing.reduction")?
            .getattr("ForkingPickler")?;
        let of_forking = pickler.getattr("_extra_reducers")?;
        Ok([
            of_pickle.cast_into::<PyDict>()?.unbind(),
            of_forking.cast_into::<PyDict>()?.unbind(),
        ])
    })
}

/// The last function that a pool was given: most often the next one is the same.
#[derive(Default)]
pub(super) struct LastFunction(Mutex<Option<(Py<PyAny>, Arc<Function>)>>);

impl LastFunction {
    /// Encodes a function, unless it is the last one and travels by name.
    pub(super) fn encode(
        &self,
        function: &Bound<'_, PyAny>,
        pickler: &Pickler,
        server: Option<&Cluster>,
    ) -> PyResult<Arc<Function>> {
        if let Some(known) = self.known(function) {
            return Ok(known);
        }
        let encoded = Arc::new(Function::encode(function, pickler, server)?);
        if encoded.is_name {
            let last = (function.clone().unbind(), Arc::clone(&encoded));
            let former = self
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .replace(last);
            // Not under the lock: the end of an object may run anything.
            drop(former);
        }
        Ok(encoded)
    }

    fn known(&self, function: &Bound<'_, PyAny>) -> Option<Arc<Function>> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref()
            .filter(|(known, _)| known.is(function))
            .map(|(_, encoded)| Arc::clone(encoded))
    }
}

/// Functions that a worker remembers.
const MOST_KNOWN: usize = 256;

thread_local! {
    /// The functions that this worker has found by their names.
    static KNOWN: RefCell<HashMap<Vec<u8>, Py<PyAny>>> = RefCell::default();
}

/// The function that these bytes mean here.
pub(super) fn find<'py>(
    py: Python<'py>,
    bytes: &[u8],
    is_name: bool,
) -> PyResult<Bound<'py, PyAny>> {
    if !is_name {
        return decode(py, bytes.to_vec(), Vec::new());
    }
    let known = KNOWN.with_borrow(|known| known.get(bytes).map(|function| function.clone_ref(py)));
    if let Some(function) = known {
        return Ok(function.into_bound(py));
    }
    let function = decode(py, bytes.to_vec(), Vec::new())?;
    let forgotten = KNOWN.with_borrow_mut(|known| {
        let forgotten = match known.len() < MOST_KNOWN {
            true => HashMap::new(),
            false => std::mem::take(known),
        };
        known.insert(bytes.to_vec(), function.clone().unbind());
        forgotten
    });
    drop(forgotten);
    Ok(function)
}
