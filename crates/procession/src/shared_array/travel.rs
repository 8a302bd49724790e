//! How an array's handle travels to another process.

use std::any::type_name;

use procession_arena::{Error, Handle, Participant};
use procession_objects::SharedArray as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::SharedArray;
use crate::attachment::{Attachment, SharedObject};

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl<T> Serialize for SharedArray<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.attachment.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for SharedArray<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SharedArray<T>, D::Error> {
        Attachment::deserialize(deserializer, attach::<T>).map(SharedArray::of)
    }
}

/// Takes hold of an array of `T`s.
///
/// Two types may have the same name, and what is seen in place must not lead beyond the array.
fn attach<T>(me: &Participant, handle: Handle) -> Result<Core, Error> {
    let array = Core::attach(me, handle, Some(type_name::<T>()))?;
    let (found, expected) = (array.element_size(), size_of::<T>() as u64);
    if found == expected {
        return Ok(array);
    }
    array.detach(me)?;
    let described = |size| format!("{}, {size} bytes each", type_name::<T>());
    Err(Error::WrongContents {
        handle,
        kind: Core::NAME,
        expected: described(expected),
        found: described(found),
    })
}
