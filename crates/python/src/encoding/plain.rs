//! The encoding of plain values: numbers, strings, bytes, None, and tuples of them.
//!
//! Exact types only: whatever derives from them may mean something else, and is pickled.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString, PyTuple};

use super::tag;

/// Tuples within tuples; deeper ones are pickled.
pub(crate) const MOST_DEPTH: usize = 4;
/// Longer tuples are pickled, which notes what is in them more than once.
pub(crate) const LONGEST_TUPLE: usize = 16;

/// Writes a value behind what is there; false, and leaves it half written, if it is not plain.
#[inline]
pub(super) fn write(bytes: &mut Vec<u8>, value: &Bound<'_, PyAny>, depth: usize) -> PyResult<bool> {
    if value.is_none() {
        bytes.push(tag::NONE);
    } else if let Ok(number) = value.cast_exact::<PyInt>() {
        let Ok(number) = number.extract::<i64>() else {
            return Ok(false);
        };
        bytes.push(tag::INTEGER);
        bytes.extend_from_slice(&number.to_le_bytes());
    } else if let Ok(text) = value.cast_exact::<PyString>() {
        // Surrogates cannot be written as UTF-8.
        let Ok(text) = text.to_str() else {
            return Ok(false);
        };
        write_counted(bytes, tag::STRING, text.as_bytes());
    } else if let Ok(number) = value.cast_exact::<PyFloat>() {
        bytes.push(tag::FLOAT);
        bytes.extend_from_slice(&number.value().to_bits().to_le_bytes());
    } else if let Ok(truth) = value.cast_exact::<PyBool>() {
        bytes.push(if truth.is_true() {
            tag::TRUE
        } else {
            tag::FALSE
        });
    } else if let Ok(tuple) = value.cast_exact::<PyTuple>() {
        return write_tuple(bytes, tuple, depth);
    } else if let Ok(inner) = value.cast_exact::<PyBytes>() {
        write_counted(bytes, tag::BYTES, inner.as_bytes());
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn write_counted(bytes: &mut Vec<u8>, tag: u8, contents: &[u8]) {
    bytes.push(tag);
    bytes.extend_from_slice(&(contents.len() as u64).to_le_bytes());
    bytes.extend_from_slice(contents);
}

fn write_tuple(bytes: &mut Vec<u8>, tuple: &Bound<'_, PyTuple>, depth: usize) -> PyResult<bool> {
    if depth == 0 || tuple.len() > LONGEST_TUPLE {
        return Ok(false);
    }
    bytes.push(tag::TUPLE);
    bytes.push(tuple.len() as u8);
    for item in tuple.iter_borrowed() {
        if !write(bytes, &item, depth - 1)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Reads the one value that there is.
#[inline]
pub(crate) fn read_all<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let mut rest = bytes;
    let value = read(py, &mut rest, MOST_DEPTH)?;
    match rest {
        [] => Ok(value),
        _ => Err(unintelligible()),
    }
}

fn read<'py>(py: Python<'py>, rest: &mut &[u8], depth: usize) -> PyResult<Bound<'py, PyAny>> {
    let tag = take::<1>(rest)?[0];
    Ok(match tag {
        tag::NONE => py.None().into_bound(py),
        tag::FALSE => PyBool::new(py, false).to_owned().into_any(),
        tag::TRUE => PyBool::new(py, true).to_owned().into_any(),
        tag::INTEGER => i64::from_le_bytes(take(rest)?)
            .into_pyobject(py)?
            .into_any(),
        tag::FLOAT => PyFloat::new(py, f64::from_bits(u64::from_le_bytes(take(rest)?))).into_any(),
        tag::STRING => {
            let text = std::str::from_utf8(take_counted(rest)?).map_err(|_| unintelligible())?;
            PyString::new(py, text).into_any()
        }
        tag::BYTES => PyBytes::new(py, take_counted(rest)?).into_any(),
        tag::TUPLE if depth > 0 => {
            let length = take::<1>(rest)?[0];
            let items = (0..length)
                .map(|_| read(py, rest, depth - 1))
                .collect::<PyResult<Vec<_>>>()?;
            PyTuple::new(py, items)?.into_any()
        }
        _ => return Err(unintelligible()),
    })
}

fn take<const LENGTH: usize>(rest: &mut &[u8]) -> PyResult<[u8; LENGTH]> {
    let (first, others) = rest.split_first_chunk().ok_or_else(unintelligible)?;
    *rest = others;
    Ok(*first)
}

fn take_counted<'a>(rest: &mut &'a [u8]) -> PyResult<&'a [u8]> {
    let length = u64::from_le_bytes(take(rest)?);
    let length = usize::try_from(length).map_err(|_| unintelligible())?;
    let (contents, others) = rest.split_at_checked(length).ok_or_else(unintelligible)?;
    *rest = others;
    Ok(contents)
}

pub(crate) fn unintelligible() -> PyErr {
    PyValueError::new_err("these are no bytes that procession has written")
}
