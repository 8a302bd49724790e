//! How a barrier's handle travels to another process.

use procession_arena::Handle;
use procession_cluster::barrier::Barrier as OnServer;
use procession_cluster::{Cluster, ClusterError, Object};
use procession_objects::Barrier as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Barrier;
use crate::attachment::SharedObject;
use crate::place::{Place, ServerObject};

impl SharedObject for Core {
    const NAME: &'static str = "barrier";

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
impl Serialize for Barrier {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.place.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Barrier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Barrier, D::Error> {
        Ok(Barrier {
            place: Place::deserialize(deserializer, Core::attach)?,
        })
    }
}
