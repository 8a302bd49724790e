//! How a queue's handle travels to another process.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Queue;
use crate::attachment::Attachment;
use crate::handle;

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl<T> Serialize for Queue<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        handle::serialize(self.attachment.queue().handle(), serializer)
    }
}

impl<'de, T> Deserialize<'de> for Queue<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Queue<T>, D::Error> {
        let handle = handle::deserialize(deserializer)?;
        Attachment::attach(handle)
            .map(Queue::of)
            .map_err(de::Error::custom)
    }
}
