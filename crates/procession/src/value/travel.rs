//! How a value's handle travels to another process.

use std::any::type_name;

use procession_objects::Value as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Value;
use crate::attachment::Attachment;

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl<T> Serialize for Value<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.attachment.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Value<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value<T>, D::Error> {
        let attach = |me: &_, handle| Core::attach(me, handle, Some(type_name::<T>()));
        Attachment::deserialize(deserializer, attach).map(Value::of)
    }
}
