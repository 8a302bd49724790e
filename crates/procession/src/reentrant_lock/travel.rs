//! How a reentrant lock's handle travels to another process.

use procession_arena::Handle;
use procession_cluster::reentrant_lock::ReentrantLock as OnServer;
use procession_cluster::{Cluster, ClusterError, Object};
use procession_objects::ReentrantLock as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::RLock;
use crate::attachment::SharedObject;
use crate::place::{Place, ServerObject};

impl SharedObject for Core {
    const NAME: &'static str = "reentrant lock";

    fn handle(&self) -> Handle {
        Core::handle(self)
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
impl Serialize for RLock {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.place.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RLock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RLock, D::Error> {
        Ok(RLock {
            place: Place::deserialize(deserializer, Core::attach)?,
        })
    }
}
