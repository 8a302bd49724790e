//! How a barrier's handle travels to another process.

use procession_arena::Handle;
use procession_objects::Barrier as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Barrier;
use crate::attachment::{Attachment, SharedObject};

impl SharedObject for Core {
    const NAME: &'static str = "barrier";

    fn handle(&self) -> Handle {
        Core::handle(self)
    }
}

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl Serialize for Barrier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.attachment.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Barrier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Barrier, D::Error> {
        Attachment::deserialize(deserializer, Core::attach).map(Barrier::of)
    }
}
