//! How a queue's handle travels to another process.

use procession_objects::Queue as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Queue;
use crate::attachment::Attachment;

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl<T> Serialize for Queue<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.attachment.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Queue<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Queue<T>, D::Error> {
        Attachment::deserialize(deserializer, Core::attach).map(Queue::of)
    }
}
