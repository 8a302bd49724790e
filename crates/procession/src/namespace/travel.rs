//! How a namespace's handle travels to another process.

use procession_objects::Dict as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{CONTENTS, Namespace};
use crate::attachment::Attachment;

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl Serialize for Namespace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.attachment.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Namespace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Namespace, D::Error> {
        let attach = |me: &_, handle| Core::attach(me, handle, Some(CONTENTS));
        Attachment::deserialize(deserializer, attach).map(Namespace::of)
    }
}
