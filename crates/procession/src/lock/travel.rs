//! How a lock's handle travels to another process.

use procession_arena::Handle;
use procession_objects::Lock as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Lock;
use crate::attachment::{Attachment, SharedObject};

impl SharedObject for Core {
    const NAME: &'static str = "lock";

    fn handle(&self) -> Handle {
        Core::handle(self)
    }
}

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl Serialize for Lock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.attachment.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Lock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Lock, D::Error> {
        Attachment::deserialize(deserializer, Core::attach).map(Lock::of)
    }
}
