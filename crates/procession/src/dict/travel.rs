//! How a dict's handle travels to another process.

use procession_objects::Dict as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Dict;
use crate::attachment::Attachment;

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl<K, V> Serialize for Dict<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.attachment.serialize(serializer)
    }
}

/// The handle of a dict of other types is refused, and the error names both.
impl<'de, K, V> Deserialize<'de> for Dict<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Dict<K, V>, D::Error> {
        let attach = |me: &_, handle| Core::attach(me, handle, Some(Self::contents()));
        Attachment::deserialize(deserializer, attach).map(Dict::of)
    }
}
