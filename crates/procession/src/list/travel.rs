//! How a list's handle travels to another process.

use procession_objects::List as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::List;
use crate::attachment::Attachment;

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl<T> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.attachment.serialize(serializer)
    }
}

/// The handle of a list of another type is refused, and the error names both.
impl<'de, T> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<List<T>, D::Error> {
        let attach = |me: &_, handle| Core::attach(me, handle, Some(Self::contents()));
        Attachment::deserialize(deserializer, attach).map(List::of)
    }
}
