//! How a list's handle travels to another process.

use procession_cluster::list::List as OnServer;
use procession_cluster::{Cluster, ClusterError, Object};
use procession_objects::List as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::List;
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
impl<T> Serialize for List<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.place.serialize(serializer)
    }
}

/// The handle of a list of another type is refused, and the error names both.
impl<'de, T> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<List<T>, D::Error> {
        let attach = |me: &_, handle| Core::attach(me, handle, Some(Self::contents()));
        let place: Place<Core, OnServer> = Place::deserialize(deserializer, attach)?;
        if let Place::Server(list) = &place {
            let checked = list.check_contents(Self::contents());
            checked.map_err(de::Error::custom)?;
        }
        Ok(List::of(place))
    }
}
