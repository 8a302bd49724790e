//! What a task is to do, as bytes: the arguments, and behind them the function and how it is called.
//!
//! The arguments come first, so that large buffers in them lie where their encoding expects them and need not be moved.

use procession_arena::Handle;
use procession_engine::PoolError;
use procession_engine::pool::Item;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::function::{self, Function};
use crate::encoding::{Encoded, decode, decode_borrowed};

/// How the function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// With a tuple of arguments.
    Arguments,
    /// With a tuple of arguments and a dict of those that are named.
    Everything,
    /// With one item.
    Item,
    /// With each of several items.
    Items,
    /// With the contents of each of several items.
    Unpacked,
}

impl Manner {
    const ALL: [Manner; 5] = [
        Manner::Arguments,
        Manner::Everything,
        Manner::Item,
        Manner::Items,
        Manner::Unpacked,
    ];

    fn from_number(number: u8) -> Option<Manner> {
        Manner::ALL.get(usize::from(number)).copied()
    }
}

const BY_NAME: u8 = 0x80;
const LENGTH: usize = size_of::<u32>();

/// A task for the pool.
pub(super) fn item(
    manner: Manner,
    function: &Function,
    arguments: Encoded<'_>,
) -> Result<Item, PoolError> {
    let mut handles: Vec<Handle> = function.handles.clone();
    handles.extend_from_slice(&arguments.handles);
    let mut bytes = arguments.into_bytes();
    bytes.reserve(function.bytes.len() + LENGTH + 32);
    bytes.extend_from_slice(&function.bytes);
    bytes.extend_from_slice(&(function.bytes.len() as u32).to_le_bytes());
    bytes.push(manner as u8 | if function.is_name { BY_NAME } else { 0 });
    Item::new(bytes, &handles)
}

/// Does what a task is to do. The objects in the arguments are held by the caller meanwhile.
pub(super) fn carry_out<'py>(py: Python<'py>, bytes: &mut Vec<u8>) -> PyResult<Bound<'py, PyAny>> {
    let (manner, function) = cut(py, bytes)?;
    let arguments = match decode_borrowed(py, bytes)? {
        Some(arguments) => arguments,
        None => decode(py, std::mem::take(bytes), Vec::new())?,
    };
    match manner {
        Manner::Arguments => function.call1(arguments.cast_into::<PyTuple>()?),
        Manner::Everything => {
            let (arguments, named): (Bound<'py, PyTuple>, Bound<'py, PyDict>) =
                arguments.extract()?;
            function.call(arguments, Some(&named))
        }
        Manner::Item => function.call1((arguments,)),
        Manner::Items => collect(py, &MAP, ("builtins", "map"), &function, &arguments),
        Manner::Unpacked => collect(
            py,
            &STARMAP,
            ("itertools", "starmap"),
            &function,
            &arguments,
        ),
    }
}

/// Takes the function and its manner off the end.
fn cut<'py>(py: Python<'py>, bytes: &mut Vec<u8>) -> PyResult<(Manner, Bound<'py, PyAny>)> {
    let damaged = || PyValueError::new_err("what was to be done did not arrive in one piece");
    let (&how, rest) = bytes.split_last().ok_or_else(damaged)?;
    let (rest, length) = rest.split_last_chunk::<LENGTH>().ok_or_else(damaged)?;
    let length = u32::from_le_bytes(*length) as usize;
    let start = rest.len().checked_sub(length).ok_or_else(damaged)?;
    let manner = Manner::from_number(how & !BY_NAME).ok_or_else(damaged)?;
    let name = rest.get(start..).ok_or_else(damaged)?;
    let function = function::find(py, name, how & BY_NAME != 0)?;
    bytes.truncate(start);
    Ok((manner, function))
}

static MAP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
static STARMAP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The list of what the function returns for each item: the interpreter's own loop, which is the fastest.
fn collect<'py>(
    py: Python<'py>,
    cell: &PyOnceLock<Py<PyAny>>,
    (module, name): (&str, &str),
    function: &Bound<'py, PyAny>,
    items: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let results = cell.import(py, module, name)?.call1((function, items))?;
    py.get_type::<PyList>().call1((results,))
}

/// What is in an item, as arguments.
pub(super) fn unpacked<'py>(item: Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    match item.cast_into_exact::<PyTuple>() {
        Ok(tuple) => Ok(tuple),
        Err(error) => {
            let item = error.into_inner();
            let items = item.try_iter()?.collect::<PyResult<Vec<_>>>()?;
            PyTuple::new(item.py(), items)
        }
    }
}
