//! What a task has returned or raised, as bytes.
//!
//! The encoded value, and behind it whether it was returned. What was raised is followed by its traceback as text, for the case
//! that the exception itself cannot be read.

use procession_cluster::Cluster;
use procession_engine::host::Answer;
use procession_engine::pool::Outcome;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

use super::error::to_exception;
use crate::encoding::{Encoded, Pickler, decode, decode_borrowed, decode_from, encode};

const RETURNED: u8 = 0;
const RAISED: u8 = 1;
const LENGTH: usize = size_of::<u32>();

/// Hands over what came of a task. What it holds is held until it has been.
pub(super) fn give(
    py: Python<'_>,
    outcome: PyResult<Bound<'_, PyAny>>,
    pickler: &Pickler,
    answer: Answer<'_>,
) {
    let raised = match outcome {
        Ok(value) => match encode(&value, pickler) {
            Ok(encoded) => return send(encoded, None, answer),
            Err(error) => not_sendable(py, &error, value.as_any()),
        },
        Err(error) => error,
    };
    let text = traceback_of(py, &raised);
    let encoded = with_traceback(py, &raised).and_then(|value| encode(&value, pickler));
    match encoded {
        Ok(encoded) => send(encoded, Some(&text), answer),
        Err(error) => {
            let excuse = not_sendable(py, &error, raised.value(py).as_any());
            match encode(excuse.value(py).as_any(), pickler) {
                Ok(encoded) => send(encoded, Some(&text), answer),
                // The text alone then says what was raised.
                Err(_) => answer(trailer(Vec::new(), Some(&text)), &[]),
            }
        }
    }
}

fn send(encoded: Encoded<'_>, text: Option<&str>, answer: Answer<'_>) {
    let handles = encoded.handles.clone();
    answer(trailer(encoded.into_bytes(), text), &handles);
}

fn trailer(mut bytes: Vec<u8>, text: Option<&str>) -> Vec<u8> {
    match text {
        None => bytes.push(RETURNED),
        Some(text) => {
            let text = text.as_bytes();
            bytes.extend_from_slice(text);
            bytes.extend_from_slice(&(text.len() as u32).to_le_bytes());
            bytes.push(RAISED);
        }
    }
    bytes
}

/// `MaybeEncodingError`, about a value.
fn not_sendable(py: Python<'_>, error: &PyErr, value: &Bound<'_, PyAny>) -> PyErr {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let make = || {
        let class = CLASS.import(py, "multiprocessing.pool", "MaybeEncodingError")?;
        class.call1((error.value(py), value))
    };
    make().map_or_else(|error| error, PyErr::from_value)
}

/// An object that becomes the exception when it is read, with the traceback as its cause.
fn with_traceback<'py>(py: Python<'py>, raised: &PyErr) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.import(py, "multiprocessing.pool", "ExceptionWithTraceback")?;
    class.call1((raised.value(py), raised.traceback(py)))
}

/// Type, value and stack of an exception as the interpreter prints them.
pub(super) fn traceback_of(py: Python<'_>, raised: &PyErr) -> String {
    let format = || -> PyResult<String> {
        let lines = py.import("traceback")?.call_method1(
            "format_exception",
            (raised.get_type(py), raised.value(py), raised.traceback(py)),
        )?;
        Ok(lines.extract::<Vec<String>>()?.concat())
    };
    format().unwrap_or_else(|_| raised.to_string())
}

/// What a task has returned; the error is what it has raised, or why there is neither.
pub(super) fn read<'py>(
    py: Python<'py>,
    outcome: &Outcome,
    server: Option<&Cluster>,
) -> PyResult<Bound<'py, PyAny>> {
    let produced = outcome.as_ref().map_err(|error| to_exception(py, error))?;
    let damaged = || PyValueError::new_err("what a task has returned did not arrive in one piece");
    match produced.bytes().split_last() {
        Some((&RETURNED, value)) => decode_value(py, value, server),
        Some((&RAISED, rest)) => {
            let (rest, length) = rest.split_last_chunk::<LENGTH>().ok_or_else(damaged)?;
            let start = rest.len().checked_sub(u32::from_le_bytes(*length) as usize);
            let (value, text) = rest.split_at(start.ok_or_else(damaged)?);
            Err(raised(py, value, &String::from_utf8_lossy(text), server))
        }
        _ => Err(damaged()),
    }
}

fn decode_value<'py>(
    py: Python<'py>,
    value: &[u8],
    server: Option<&Cluster>,
) -> PyResult<Bound<'py, PyAny>> {
    match (decode_borrowed(py, value)?, server) {
        (Some(value), _) => Ok(value),
        (None, None) => decode(py, value.to_vec(), Vec::new()),
        (None, Some(server)) => decode_from(py, value.to_vec(), server),
    }
}

/// The exception that a task has raised, or the one that says why it cannot be read.
fn raised(py: Python<'_>, value: &[u8], text: &str, server: Option<&Cluster>) -> PyErr {
    match decode_value(py, value, server) {
        Ok(exception) => PyErr::from_value(exception),
        Err(error) => {
            if let Ok(cause) = remote_traceback(py, text) {
                error.set_cause(py, Some(PyErr::from_value(cause)));
            }
            error
        }
    }
}

fn remote_traceback<'py>(py: Python<'py>, text: &str) -> PyResult<Bound<'py, PyAny>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let class = CLASS.import(py, "multiprocessing.pool", "RemoteTraceback")?;
    class.call1((format!("\n\"\"\"\n{text}\"\"\""),))
}
