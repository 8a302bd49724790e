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
use crate::encoding::{Encoded, Pickler, decode, decode_borrowed};

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

/// Beside the manner: whoever reads the same bytes of a function gets the same object.
const BY_NAME: u8 = 0x80;
/// Beside the manner: cloudpickle has written it down, and is to write down what comes of it.
const WITH_CODE: u8 = 0x40;
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
    let by_name = if function.is_name { BY_NAME } else { 0 };
    let with_code = if function.with_code { WITH_CODE } else { 0 };
    bytes.push(manner as u8 | by_name | with_code);
    Item::new(bytes, &handles)
}

/// A call that a worker is to make.
pub(super) struct Call<'py> {
    manner: Manner,
    function: Bound<'py, PyAny>,
    arguments: Bound<'py, PyAny>,
}

impl<'py> Call<'py> {
    /// What a task is to do. The objects in the arguments are held by the caller meanwhile.
    pub(super) fn read(py: Python<'py>, bytes: &mut Vec<u8>) -> PyResult<Call<'py>> {
        let (manner, function) = cut(py, bytes)?;
        let arguments = match decode_borrowed(py, bytes)? {
            Some(arguments) => arguments,
            None => decode(py, std::mem::take(bytes), Vec::new())?,
        };
        Ok(Call {
            manner,
            function,
            arguments,
        })
    }

    /// Makes it.
    pub(super) fn make(self) -> PyResult<Bound<'py, PyAny>> {
        let Call {
            manner,
            function,
            arguments,
        } = self;
        let py = function.py();
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
}

/// What pickles the result of a task: what has pickled the task.
pub(super) fn pickler_for_result(py: Python<'_>, bytes: &[u8]) -> PyResult<Pickler> {
    static DUMP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    match bytes.last() {
        Some(how) if how & WITH_CODE != 0 => {
            let find = || -> PyResult<Py<PyAny>> {
                let module = py.import("procession.serialization")?;
                Ok(module
                    .call_method1("serializer", ("cloudpickle",))?
                    .unbind())
            };
            Ok(Pickler::new(Some(
                DUMP.get_or_try_init(py, find)?.clone_ref(py),
            )))
        }
        _ => Ok(Pickler::default()),
    }
}

/// Whether the function is one of a program's main module, as far as its name goes.
pub(super) fn is_of_main(bytes: &[u8]) -> bool {
    const MAIN: &[u8] = b"__main__";
    let function = split(bytes).and_then(|(start, _, rest)| rest.get(start..));
    function.is_some_and(|function| function.windows(MAIN.len()).any(|window| window == MAIN))
}

/// Where the function begins, how it is called, and what there is without that.
fn split(bytes: &[u8]) -> Option<(usize, u8, &[u8])> {
    let (&how, rest) = bytes.split_last()?;
    let (rest, length) = rest.split_last_chunk::<LENGTH>()?;
    let length = u32::from_le_bytes(*length) as usize;
    Some((rest.len().checked_sub(length)?, how, rest))
}

/// Takes the function and its manner off the end.
fn cut<'py>(py: Python<'py>, bytes: &mut Vec<u8>) -> PyResult<(Manner, Bound<'py, PyAny>)> {
    let damaged = || PyValueError::new_err("what was to be done did not arrive in one piece");
    let (start, how, rest) = split(bytes).ok_or_else(damaged)?;
    let manner = Manner::from_number(how & !(BY_NAME | WITH_CODE)).ok_or_else(damaged)?;
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
