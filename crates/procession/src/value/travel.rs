//! How a value's handle travels to another process.

use std::any::type_name;

use procession_cluster::value::Value as OnServer;
use procession_cluster::{Cluster, ClusterError, Object};
use procession_objects::Value as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Value;
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
impl<T> Serialize for Value<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.place.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Value<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value<T>, D::Error> {
        let attach = |me: &_, handle| Core::attach(me, handle, Some(type_name::<T>()));
        let place: Place<Core, OnServer> = Place::deserialize(deserializer, attach)?;
        if let Place::Server(value) = &place {
            let checked = value.check_contents(type_name::<T>());
            checked.map_err(de::Error::custom)?;
        }
        Ok(Value::of(place))
    }
}
