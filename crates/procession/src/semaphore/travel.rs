//! How a semaphore's handle travels to another process.

use procession_arena::Handle;
use procession_objects::Semaphore as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Semaphore;
use crate::attachment::{Attachment, SharedObject};

impl SharedObject for Core {
    const NAME: &'static str = "semaphore";

    fn handle(&self) -> Handle {
        Core::handle(self)
    }
}

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl Serialize for Semaphore {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.attachment.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Semaphore {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Semaphore, D::Error> {
        Attachment::deserialize(deserializer, Core::attach).map(Semaphore::of)
    }
}
