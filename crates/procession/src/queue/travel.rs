//! How a queue's handle travels to another process.

use procession_cluster::queue::Queue as OnServer;
use procession_cluster::{Cluster, ClusterError, Object};
use procession_objects::Queue as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Queue;
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
impl<T> Serialize for Queue<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.place.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for Queue<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Queue<T>, D::Error> {
        Place::deserialize(deserializer, Core::attach).map(Queue::of)
    }
}
