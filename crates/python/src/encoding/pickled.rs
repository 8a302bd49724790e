//! Values that are pickled: protocol 5, with the buffers of arrays beside the pickle.
//!
//! Head: the tag, how many buffers there are (4 bytes), the length of the pickle, and for each buffer its length, in whose highest
//! bit stands that it is read-only (8 bytes each); then the pickle. The buffers follow, each at a multiple of the alignment.

use procession_cluster::Cluster;
use pyo3::buffer::PyBuffer;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyList, PyMemoryView, PySlice};

use super::plain::unintelligible;
use super::{ALIGNMENT, Encoded, Tail, padding_after, tag};
use crate::memory::Memory;
use crate::transfer::{Departure, Goal, Origin};

const READ_ONLY: u64 = 1 << 63;
const FIXED: usize = 1 + 4 + 8;

/// What pickles: `dump(value, buffers) -> bytes`, as in `procession.serialization`.
#[derive(Default)]
pub(crate) struct Pickler(Option<Py<PyAny>>);

impl Pickler {
    /// The given function, or the stdlib's pickle with the reducers of `multiprocessing`.
    pub(crate) fn new(dump: Option<Py<PyAny>>) -> Pickler {
        Pickler(dump)
    }

    /// Whether it is that of the stdlib.
    pub(crate) fn is_usual(&self) -> bool {
        self.0.is_none()
    }

    fn dump<'py>(
        &self,
        value: &Bound<'py, PyAny>,
        buffers: &Bound<'py, PyList>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        static DUMP: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let py = value.py();
        let pickle = match &self.0 {
            Some(dump) => dump.bind(py).call1((value, buffers))?,
            None => DUMP
                .import(py, "procession.serialization", "dump")?
                .call1((value, buffers))?,
        };
        Ok(pickle.cast_into()?)
    }
}

pub(super) fn encode<'py>(
    value: &Bound<'py, PyAny>,
    pickler: &Pickler,
    goal: Goal<'_>,
) -> PyResult<Encoded<'py>> {
    let departure = Departure::begin(goal);
    let buffers = PyList::empty(value.py());
    let pickle = pickler.dump(value, &buffers)?;
    let handles = departure.handles();
    let pickle = pickle.as_bytes();
    let buffers = buffers
        .iter()
        .map(|buffer| export(&buffer))
        .collect::<PyResult<Vec<_>>>()?;
    let mut head = Vec::with_capacity(FIXED + 8 * buffers.len() + pickle.len() + ALIGNMENT);
    head.push(tag::PICKLE);
    head.extend_from_slice(&(buffers.len() as u32).to_le_bytes());
    head.extend_from_slice(&(pickle.len() as u64).to_le_bytes());
    for buffer in &buffers {
        let read_only = if buffer.readonly() { READ_ONLY } else { 0 };
        let length = buffer.len_bytes() as u64;
        head.extend_from_slice(&(length | read_only).to_le_bytes());
    }
    head.extend_from_slice(pickle);
    let tail = match buffers.is_empty() {
        true => Tail::Nothing,
        false => {
            head.resize(head.len() + padding_after(head.len()), 0);
            Tail::Buffers(buffers)
        }
    };
    Ok(Encoded {
        head,
        tail,
        handles,
    })
}

/// The bytes of a `pickle.PickleBuffer`.
fn export(buffer: &Bound<'_, PyAny>) -> PyResult<PyBuffer<u8>> {
    PyBuffer::get(&buffer.call_method0("raw")?)
}

pub(super) fn decode<'py>(
    py: Python<'py>,
    bytes: Vec<u8>,
    server: Option<&Cluster>,
) -> PyResult<Bound<'py, PyAny>> {
    let _origin = Origin::begin(server);
    static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let loads = LOADS.import(py, "pickle", "loads")?;
    let layout = Layout::read(&bytes).ok_or_else(unintelligible)?;
    let (start, end) = layout.pickle;
    if layout.buffers.is_empty() {
        let pickle = bytes.get(start..end).ok_or_else(unintelligible)?;
        return loads.call1((view_of(py, pickle)?,));
    }
    let memory = PyMemoryView::from(Bound::new(py, Memory::new(bytes))?.as_any())?;
    let pickle = slice(&memory, start, end)?;
    let buffers = PyList::empty(py);
    for &(start, end, is_read_only) in &layout.buffers {
        let part = slice(&memory, start, end)?;
        buffers.append(match is_read_only {
            true => part.call_method0("toreadonly")?,
            false => part,
        })?;
    }
    let arguments = pyo3::types::PyDict::new(py);
    arguments.set_item("buffers", buffers)?;
    loads.call((pickle,), Some(&arguments))
}

/// Bytes for the duration of one call. Unpickling copies what it keeps.
fn view_of<'py>(py: Python<'py>, pickle: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    Ok(PyBytes::new(py, pickle).into_any())
}

fn slice<'py>(
    memory: &Bound<'py, PyMemoryView>,
    start: usize,
    end: usize,
) -> PyResult<Bound<'py, PyAny>> {
    let range = PySlice::new(
        memory.py(),
        start as ffi::Py_ssize_t,
        end as ffi::Py_ssize_t,
        1,
    );
    memory.get_item(range)
}

/// Where the parts of a message lie.
struct Layout {
    pickle: (usize, usize),
    /// Start, end, and whether it is read-only.
    buffers: Vec<(usize, usize, bool)>,
}

impl Layout {
    /// `None` if the message cannot be one.
    fn read(bytes: &[u8]) -> Option<Layout> {
        let (_, rest) = bytes.split_first()?;
        let (count, rest) = rest.split_first_chunk::<4>()?;
        let (length, mut rest) = rest.split_first_chunk::<8>()?;
        let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
        let start = FIXED.checked_add(count.checked_mul(8)?)?;
        let end = start.checked_add(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        let mut place = end;
        let mut buffers = Vec::new();
        for _ in 0..count {
            let (word, others) = rest.split_first_chunk::<8>()?;
            rest = others;
            let word = u64::from_le_bytes(*word);
            let start = place.checked_next_multiple_of(ALIGNMENT)?;
            place = start.checked_add(usize::try_from(word & !READ_ONLY).ok()?)?;
            buffers.push((start, place, word & READ_ONLY != 0));
        }
        (place <= bytes.len()).then_some(Layout {
            pickle: (start, end),
            buffers,
        })
    }
}
