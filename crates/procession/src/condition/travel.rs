//! How a condition's handle travels to another process.

use procession_arena::{Error, Handle, Participant};
use procession_objects::Condition as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Condition, ConditionLock};
use crate::attachment::{Attachment, SharedObject};

impl SharedObject for Core {
    const NAME: &'static str = "condition";

    fn handle(&self) -> Handle {
        Core::handle(self)
    }

    fn detach(&self, me: &Participant) -> Result<(), Error> {
        Core::detach(self, me)
    }
}

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl<L> Serialize for Condition<L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.attachment.serialize(serializer)
    }
}

/// The lock comes along.
impl<'de, L: ConditionLock> Deserialize<'de> for Condition<L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Condition<L>, D::Error> {
        let attachment = Attachment::deserialize(deserializer, Core::attach)?;
        let lock = L::attach(attachment.object().lock_handle()).map_err(de::Error::custom)?;
        Ok(Condition::of(attachment, lock))
    }
}
