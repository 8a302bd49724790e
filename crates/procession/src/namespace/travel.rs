//! How a namespace's handle travels to another process.

use procession_cluster::dict::Dict as OnServer;
use procession_objects::Dict as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{CONTENTS, Namespace};
use crate::place::Place;

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl Serialize for Namespace {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.place.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Namespace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Namespace, D::Error> {
        let attach = |me: &_, handle| Core::attach(me, handle, Some(CONTENTS));
        let place: Place<Core, OnServer> = Place::deserialize(deserializer, attach)?;
        if let Place::Server(dict) = &place {
            let checked = dict.check_contents(CONTENTS);
            checked.map_err(de::Error::custom)?;
        }
        Ok(Namespace::of(place))
    }
}
