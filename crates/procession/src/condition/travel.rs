//! How a condition's handle travels to another process.

use procession_arena::{Error, Handle, Participant};
use procession_cluster::condition::Condition as OnServer;
use procession_cluster::{Cluster, ClusterError, Object};
use procession_objects::Condition as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Condition, ConditionLock};
use crate::attachment::SharedObject;
use crate::place::{Place, ServerObject};

impl SharedObject for Core {
    const NAME: &'static str = "condition";

    fn handle(&self) -> Handle {
        Core::handle(self)
    }

    fn detach(&self, me: &Participant) -> Result<(), Error> {
        Core::detach(self, me)
    }
}

impl ServerObject for OnServer {
    fn attach(cluster: &Cluster, name: &str) -> Result<OnServer, ClusterError> {
        OnServer::attach(cluster, name)
    }

    fn object(&self) -> &Object {
        OnServer::object(self)
    }
}

/// A handle travels by procession alone; anywhere else, serializing it is an error.
impl<L> Serialize for Condition<L> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.place.serialize(serializer)
    }
}

/// The lock comes along.
impl<'de, L: ConditionLock> Deserialize<'de> for Condition<L> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Condition<L>, D::Error> {
        let place: Place<Core, OnServer> = Place::deserialize(deserializer, Core::attach)?;
        let lock = match &place {
            Place::Memory(condition) => {
                L::attach(condition.object().lock_handle()).map_err(de::Error::custom)?
            }
            Place::Server(condition) => {
                L::of_server(condition.guarded()).map_err(de::Error::custom)?
            }
        };
        Ok(Condition { place, lock })
    }
}
