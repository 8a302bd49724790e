//! How an event's handle travels to another process.

use procession_arena::Handle;
use procession_objects::Event as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Event;
use crate::attachment::{Attachment, SharedObject};

impl SharedObject for Core {
    const NAME: &'static str = "event";

    fn handle(&self) -> Handle {
        Core::handle(self)
    }
}

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl Serialize for Event {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.attachment.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Event, D::Error> {
        Attachment::deserialize(deserializer, Core::attach).map(Event::of)
    }
}
