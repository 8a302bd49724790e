//! How a dict's handle travels to another process.

use procession_cluster::dict::Dict as OnServer;
use procession_cluster::{Cluster, ClusterError, Object};
use procession_objects::Dict as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Dict;
use crate::place::{Place, ServerObject};

impl ServerObject for OnServer {
    fn attach(cluster: &Cluster, name: &str) -> Result<OnServer, ClusterError> {
        OnServer::attach(cluster, name)
    }

    fn object(&self) -> &Object {
        OnServer::object(self)
    }
}

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl<K, V> Serialize for Dict<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.place.serialize(serializer)
    }
}

/// The handle of a dict of other types is refused, and the error names both.
impl<'de, K, V> Deserialize<'de> for Dict<K, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Dict<K, V>, D::Error> {
        let attach = |me: &_, handle| Core::attach(me, handle, Some(Self::contents()));
        let place: Place<Core, OnServer> = Place::deserialize(deserializer, attach)?;
        if let Place::Server(dict) = &place {
            let checked = dict.check_contents(Self::contents());
            checked.map_err(de::Error::custom)?;
        }
        Ok(Dict::of(place))
    }
}
