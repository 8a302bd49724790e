//! Python values as bytes.
//!
//! Plain values have an encoding of their own, which costs a fraction of pickling them; all others are pickled, with the large
//! buffers beside the pickle. The first byte says what follows.

mod pickled;
mod plain;

use procession_arena::Handle;
use procession_cluster::Cluster;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes};

pub(crate) use pickled::Pickler;
pub(crate) use plain::{LONGEST_TUPLE, MOST_DEPTH, read_all as read_plain, unintelligible};

use crate::transfer::{Arrival, Goal};

/// What follows the first byte.
pub(crate) mod tag {
    pub(crate) const NONE: u8 = 0;
    pub(crate) const FALSE: u8 = 1;
    pub(crate) const TRUE: u8 = 2;
    pub(crate) const INTEGER: u8 = 3;
    pub(crate) const FLOAT: u8 = 4;
    pub(crate) const STRING: u8 = 5;
    pub(crate) const BYTES: u8 = 6;
    pub(crate) const TUPLE: u8 = 7;
    pub(crate) const PICKLE: u8 = 8;
    pub(crate) const BYTE_ARRAY: u8 = 9;
}

/// A value on its way out.
pub(crate) struct Encoded<'py> {
    head: Vec<u8>,
    tail: Tail<'py>,
    /// The shared objects in it.
    pub(crate) handles: Vec<Handle>,
}

/// What comes after the head, and is copied only once.
enum Tail<'py> {
    Nothing,
    Bytes(Bound<'py, PyBytes>),
    Buffers(Vec<PyBuffer<u8>>),
}

/// Buffers begin at multiples of it, so that arrays in them are aligned.
const ALIGNMENT: usize = 16;
const PADDING: [u8; ALIGNMENT] = [0; ALIGNMENT];

impl<'py> Encoded<'py> {
    fn plain(head: Vec<u8>) -> Encoded<'py> {
        Encoded {
            head,
            tail: Tail::Nothing,
            handles: Vec::new(),
        }
    }

    /// Does something with the bytes, which stand in several places.
    pub(crate) fn with_parts<T>(&self, work: impl FnOnce(&[&[u8]]) -> T) -> T {
        match &self.tail {
            Tail::Nothing => work(&[&self.head]),
            Tail::Bytes(bytes) => work(&[&self.head, bytes.as_bytes()]),
            Tail::Buffers(buffers) => {
                let mut parts = vec![self.head.as_slice()];
                for buffer in buffers {
                    let length = buffer.len_bytes();
                    // SAFETY: the buffer is contiguous, was asked for as bytes, and stays exported as long as `buffers` lives. Who
                    // writes to it meanwhile spoils what is sent, as with any other way of sending it.
                    parts.push(unsafe {
                        std::slice::from_raw_parts(buffer.buf_ptr().cast(), length)
                    });
                    parts.push(PADDING.get(..padding_after(length)).unwrap_or_default());
                }
                work(&parts)
            }
        }
    }

    /// The bytes, if they stand in one place and no shared object is in them.
    pub(crate) fn in_one_piece(&self) -> Option<&[u8]> {
        match self.tail {
            Tail::Nothing if self.handles.is_empty() => Some(&self.head),
            _ => None,
        }
    }

    /// The bytes in one piece.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        match self.tail {
            Tail::Nothing => self.head,
            Tail::Bytes(_) | Tail::Buffers(_) => self.with_parts(|parts| parts.concat()),
        }
    }
}

fn padding_after(length: usize) -> usize {
    length.next_multiple_of(ALIGNMENT) - length
}

/// Writes a value down; `pickler` has a say about what is not plain.
#[inline]
pub(crate) fn encode<'py>(value: &Bound<'py, PyAny>, pickler: &Pickler) -> PyResult<Encoded<'py>> {
    encode_for(value, pickler, Goal::Session)
}

/// As [`encode`], for something that goes there.
#[inline]
pub(crate) fn encode_for<'py>(
    value: &Bound<'py, PyAny>,
    pickler: &Pickler,
    goal: Goal<'_>,
) -> PyResult<Encoded<'py>> {
    if let Ok(bytes) = value.cast_exact::<PyBytes>() {
        return Ok(Encoded {
            // A whole word, behind which the bytes can be copied as they are.
            head: vec![tag::BYTES, 0, 0, 0, 0, 0, 0, 0],
            tail: Tail::Bytes(bytes.clone()),
            handles: Vec::new(),
        });
    }
    if let Ok(bytes) = value.cast_exact::<PyByteArray>() {
        let mut head = vec![tag::BYTE_ARRAY];
        head.extend(bytes.to_vec());
        return Ok(Encoded::plain(head));
    }
    let mut head = Vec::with_capacity(32);
    match plain::write(&mut head, value, plain::MOST_DEPTH)? {
        true => Ok(Encoded::plain(head)),
        false => pickled::encode(value, pickler, goal),
    }
}

/// Reads a value, and takes the shared objects over that came along.
pub(crate) fn decode<'py>(
    py: Python<'py>,
    bytes: Vec<u8>,
    handles: Vec<Handle>,
) -> PyResult<Bound<'py, PyAny>> {
    let arrival = Arrival(handles);
    let value = decode_borrowed(py, &bytes)?;
    let value = match value {
        Some(value) => Ok(value),
        None => pickled::decode(py, bytes, None),
    };
    drop(arrival);
    value
}

/// Reads a value that comes from a server.
pub(crate) fn decode_from<'py>(
    py: Python<'py>,
    bytes: Vec<u8>,
    server: &Cluster,
) -> PyResult<Bound<'py, PyAny>> {
    match decode_borrowed(py, &bytes)? {
        Some(value) => Ok(value),
        None => pickled::decode(py, bytes, Some(server)),
    }
}

/// Reads a plain value; `None` if it is a pickled one, which needs the bytes for itself.
#[inline]
pub(crate) fn decode_borrowed<'py>(
    py: Python<'py>,
    bytes: &[u8],
) -> PyResult<Option<Bound<'py, PyAny>>> {
    match bytes.split_first() {
        Some((&tag::PICKLE, _)) => Ok(None),
        Some((&tag::BYTES, [_, _, _, _, _, _, _, rest @ ..])) => {
            Ok(Some(PyBytes::new(py, rest).into_any()))
        }
        Some((&tag::BYTE_ARRAY, rest)) => Ok(Some(PyByteArray::new(py, rest).into_any())),
        _ => plain::read_all(py, bytes).map(Some),
    }
}
