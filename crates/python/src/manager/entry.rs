//! What stands in a dict's entry beside its key: the value, and the key as it was given if its bytes do not tell.
//!
//! As in a Python dict, the key of an entry is the one with which it was first set: `d[1.0] = 'a'; d[1] = 'b'` leaves `{1.0: 'b'}`.
//!
//! Marked value: the mark, 7 bytes of nothing, the length of the key (8 bytes), the key as any value is encoded, the value.

use pyo3::prelude::*;

use super::decode_part;
use crate::encoding::{read_plain, unintelligible};

/// With it begins what has a key in front. No encoding of a value does.
pub(crate) const MARK: u8 = 0xff;
const HEAD: usize = 16;

/// A value with the key in front, in its own encoding.
pub(crate) fn marked(key: &[u8], value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEAD + key.len() + value.len());
    bytes.extend_from_slice(&u64::from(MARK).to_le_bytes());
    bytes.extend_from_slice(&(key.len() as u64).to_le_bytes());
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(value);
    bytes
}

/// The key in front, if there is one, and the value.
#[inline]
pub(crate) fn split(bytes: &[u8]) -> PyResult<(Option<&[u8]>, &[u8])> {
    match bytes.first() {
        Some(&MARK) => split_marked(bytes).ok_or_else(unintelligible),
        _ => Ok((None, bytes)),
    }
}

fn split_marked(bytes: &[u8]) -> Option<(Option<&[u8]>, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
    let length = u64::from_le_bytes(*head.last_chunk()?);
    let (key, value) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some((Some(key), value))
}

/// The key with which an entry was first set.
pub(crate) fn decode_key<'py>(
    py: Python<'py>,
    key: &[u8],
    value: &[u8],
) -> PyResult<Bound<'py, PyAny>> {
    match split(value)? {
        (Some(key), _) => decode_part(py, key),
        (None, _) => read_plain(py, key),
    }
}
