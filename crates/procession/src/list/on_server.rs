//! What a list on a server says, in the words of the face.

use procession_cluster::Entry;
use procession_cluster::list::{Change, List as OnServer, Splice};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::SharedError;
use crate::on_server::{from_bytes, length, to_bytes};

/// A position as the server counts; no list is so long that it would matter.
pub(super) fn signed(position: usize) -> i64 {
    i64::try_from(position).unwrap_or(i64::MAX)
}

pub(super) fn out_of_range(index: i64, length_there: u64) -> SharedError {
    SharedError::IndexOutOfRange {
        index: usize::try_from(index).unwrap_or(usize::MAX),
        length: length(length_there),
    }
}

/// The error if there is no such place.
pub(super) fn must_exist(change: Change) -> Result<(), SharedError> {
    match change {
        Change::OutOfRange { place, length } => Err(out_of_range(place, length)),
        Change::Made | Change::Refused => Ok(()),
    }
}

/// What was removed, if anything was wanted; the error if there is no such place as the one at `index`.
pub(super) fn must_have_existed(
    splice: Splice,
    index: usize,
) -> Result<Option<Vec<u8>>, SharedError> {
    match splice {
        Splice::Made { former } => Ok(former),
        Splice::Refused => Ok(None),
        Splice::OutOfRange { length } => Err(out_of_range(signed(index), length)),
    }
}

/// An element as a value.
pub(super) fn value<T: DeserializeOwned + 'static>(
    list: &OnServer,
    bytes: Vec<u8>,
) -> Result<T, SharedError> {
    from_bytes(list.object().cluster(), bytes)
}

/// Elements as values.
pub(super) fn values<T: DeserializeOwned + 'static>(
    list: &OnServer,
    entries: Vec<Entry>,
) -> Result<Vec<T>, SharedError> {
    let entries = entries.into_iter();
    entries.map(|entry| value(list, entry.value)).collect()
}

/// A value as an element.
pub(super) fn bytes<T: Serialize + 'static>(
    list: &OnServer,
    value: &T,
) -> Result<Vec<u8>, SharedError> {
    to_bytes(list.object().cluster(), value)
}
