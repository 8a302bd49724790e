//! What managers make: dicts, lists, values and arrays in shared memory, read and changed without a server.
//!
//! A value that is stored is encoded, and decoded for whoever reads it: everybody gets a copy. No code of a user runs while anything is locked;
//! whatever depends on what is there is tried, and tried again if somebody else was quicker.

mod array;
mod dict;
pub(crate) mod entry;
pub(crate) mod key;
mod list;
mod list_change;
pub(crate) mod list_index;
mod value;

pub(crate) use array::Array;
pub(crate) use dict::Dict;
pub(crate) use list::List;
pub(crate) use value::Value;

use std::cell::RefCell;

use procession_arena::{Error, Handle, Participant};
use procession_engine::with_participant;
use procession_objects::{self as objects, Reading, Snapshot, SnapshotEntry};
use pyo3::prelude::*;

use crate::encoding::{Pickler, decode, decode_borrowed, encode};
use crate::error::to_exception;
use crate::held::SharedObject;
use crate::transfer::Arrival;

/// What stands in an object that was created here, so that no other face takes it for its own.
pub(crate) const CONTENTS: Option<&str> = Some("Python objects");

/// From so many bytes on, the interpreter's lock is released while they are copied.
const LARGE: usize = 1 << 18;
/// Bytes that the memory for readings may keep from one to the next.
const KEPT: usize = 1 << 12;

macro_rules! shared_objects {
    ($($object:ident),*) => {$(
        impl SharedObject for objects::$object {
            fn attach(me: &Participant, handle: Handle) -> Result<Self, Error> {
                objects::$object::attach(me, handle, CONTENTS)
            }

            fn handle(&self) -> Handle {
                objects::$object::handle(self)
            }

            fn detach(&self, me: &Participant) -> Result<(), Error> {
                objects::$object::detach(self, me)
            }
        }
    )*};
}

shared_objects!(Dict, List, Value, SharedArray);

/// A value on its way into an object.
struct Stored {
    bytes: Vec<u8>,
    handles: Vec<Handle>,
}

impl Stored {
    fn new(value: &Bound<'_, PyAny>) -> PyResult<Stored> {
        let mut encoded = encode(value, &Pickler::default())?;
        let handles = std::mem::take(&mut encoded.handles);
        Ok(Stored {
            bytes: encoded.into_bytes(),
            handles,
        })
    }

    fn all(values: &[Bound<'_, PyAny>]) -> PyResult<Vec<Stored>> {
        values.iter().map(Stored::new).collect()
    }

    fn as_element(&self) -> objects::Element<'_> {
        objects::Element {
            bytes: &self.bytes,
            handles: &self.handles,
        }
    }
}

thread_local! {
    /// What was read last; kept for its memory.
    static READING: RefCell<Reading> = RefCell::default();
}

/// Reads one value with `read`, which says whether there is one, and decodes it.
#[inline]
fn read<'py>(
    py: Python<'py>,
    read: impl FnOnce(&Participant, &mut Reading) -> Result<bool, Error>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    // Taken out meanwhile: decoding may run code of the user, which may read something, too.
    let mut reading = READING.take();
    let value = match with_participant(|me| read(me, &mut reading)) {
        Ok(true) => decode_reading(py, &mut reading).map(Some),
        Ok(false) => Ok(None),
        Err(error) => Err(to_exception(py, error)),
    };
    if reading.bytes.capacity() <= KEPT {
        READING.set(reading);
    }
    value
}

/// The value that was read; takes the shared objects over that came along.
#[inline]
fn decode_reading<'py>(py: Python<'py>, reading: &mut Reading) -> PyResult<Bound<'py, PyAny>> {
    let handles = std::mem::take(&mut reading.handles);
    let value = match entry::split(&reading.bytes)? {
        (None, value) => decode_borrowed(py, value),
        (Some(_), value) => {
            let arrival = Arrival(handles);
            let value = decode_part(py, value);
            drop(arrival);
            return value;
        }
    };
    match value {
        Ok(Some(value)) if handles.is_empty() => Ok(value),
        Ok(None) => decode(py, std::mem::take(&mut reading.bytes), handles),
        plain_or_error => {
            drop(Arrival(handles));
            plain_or_error.map(|value| value.unwrap_or_else(|| py.None().into_bound(py)))
        }
    }
}

/// A value that stands among others. Somebody holds the shared objects in it meanwhile.
fn decode_part<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    match decode_borrowed(py, bytes)? {
        Some(value) => Ok(value),
        None => decode(py, bytes.to_vec(), Vec::new()),
    }
}

/// All entries of an object at one moment, and a hold on the shared objects in them.
struct Entries {
    snapshot: Snapshot,
    _arrival: Arrival,
}

impl Entries {
    fn take(
        py: Python<'_>,
        take: impl FnOnce(&Participant, &mut Snapshot) -> Result<(), Error> + Send,
    ) -> PyResult<Entries> {
        let mut snapshot = Snapshot::default();
        py.detach(|| with_participant(|me| take(me, &mut snapshot)))
            .map_err(|error| to_exception(py, error))?;
        let arrival = Arrival(snapshot.handles().to_vec());
        Ok(Entries {
            snapshot,
            _arrival: arrival,
        })
    }

    fn decode<'py, T>(
        &self,
        decode: impl FnMut(SnapshotEntry<'_>) -> PyResult<T>,
    ) -> PyResult<Vec<T>>
    where
        T: 'py,
    {
        self.snapshot.iter().map(decode).collect()
    }

    fn values<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        self.decode(|entry| decode_part(py, entry::split(entry.value)?.1))
    }
}
