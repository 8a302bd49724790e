//! How an array's handle travels to another process.

use std::any::type_name;

use procession_objects::SharedArray as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::SharedArray;
use crate::attachment::Attachment;

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl<T> Serialize for SharedArray<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.attachment.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for SharedArray<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SharedArray<T>, D::Error> {
        let attach = |me: &_, handle| Core::attach(me, handle, Some(type_name::<T>()));
        Attachment::deserialize(deserializer, attach).map(SharedArray::of)
    }
}
