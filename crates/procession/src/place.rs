//! Where an object is: in the session's memory, or on a server.

use std::fmt;
use std::sync::Arc;

use procession_arena::{Error, Handle, Participant};
use procession_cluster::{Cluster, ClusterError, Object};
use serde::{Deserializer, Serializer, de, ser};

use crate::attachment::{Attachment, SharedObject};
use crate::codec::{self, CodecError};
use crate::handle::{Arrived, FromServer, ServerName, ToServer, deserialize_any, serialize_name};

/// An object on a server, as the floor below knows it.
pub(crate) trait ServerObject: Clone {
    /// A handle on the object of that name.
    fn attach(cluster: &Cluster, name: &str) -> Result<Self, ClusterError>;

    /// What it is called, and where.
    fn object(&self) -> &Object;
}

/// Where an object is: `M` in the session's memory, or `S` on a server.
pub(crate) enum Place<M: SharedObject, S> {
    Memory(Arc<Attachment<M>>),
    Server(S),
}

impl<M: SharedObject, S: ServerObject> Place<M, S> {
    pub(crate) fn memory(attachment: Attachment<M>) -> Place<M, S> {
        Place::Memory(Arc::new(attachment))
    }

    /// Writes the object's handle, which travels by procession alone; anywhere else it is an error.
    pub(crate) fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        match self {
            Place::Memory(attachment) => attachment.serialize(serializer),
            Place::Server(on_server) => {
                let object = on_server.object();
                let name =
                    ServerName::of(object.cluster(), object.name()).map_err(ser::Error::custom)?;
                serialize_name(name, serializer)
            }
        }
    }

    /// Reads a handle and takes hold of its object: of one in memory with `attach`, while whoever sent it still holds it.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
        attach: impl FnOnce(&Participant, Handle) -> Result<M, Error>,
    ) -> Result<Place<M, S>, D::Error> {
        match deserialize_any(deserializer)? {
            Arrived::Memory(handle) => Attachment::new(|me| attach(me, handle))
                .map(Place::memory)
                .map_err(de::Error::custom),
            Arrived::Server(name) => {
                let attached = name
                    .cluster()
                    .and_then(|cluster| S::attach(&cluster, &name.name));
                attached.map(Place::Server).map_err(de::Error::custom)
            }
        }
    }

    /// The object's name, wherever it is.
    pub(crate) fn name(&self) -> impl fmt::Display {
        match self {
            Place::Memory(attachment) => attachment.handle().to_string(),
            Place::Server(on_server) => on_server.object().to_string(),
        }
    }

    /// Removes the object from its server, for everybody; one in memory ends with its last handle, so that there is nothing to do.
    pub(crate) fn unlink(&self) -> Result<(), ClusterError> {
        match self {
            Place::Memory(_) => Ok(()),
            Place::Server(on_server) => on_server.object().unlink(),
        }
    }
}

impl<M: SharedObject, S: Clone> Clone for Place<M, S> {
    fn clone(&self) -> Place<M, S> {
        match self {
            Place::Memory(attachment) => Place::Memory(Arc::clone(attachment)),
            Place::Server(on_server) => Place::Server(on_server.clone()),
        }
    }
}

/// Appends the encoded `value`, which goes to a server, to `bytes`.
pub(crate) fn encode_for_server<T: serde::Serialize + 'static>(
    cluster: &Cluster,
    value: &T,
    bytes: &mut Vec<u8>,
) -> Result<(), CodecError> {
    let _destination = ToServer::begin(cluster);
    match codec::raw_bytes(value) {
        Some(raw) => bytes.extend_from_slice(raw),
        // A handle of an object in memory has been refused.
        None => drop(codec::encode(value, bytes)?),
    }
    Ok(())
}

/// Turns `bytes` that come from a server into a value.
pub(crate) fn decode_from_server<T: serde::de::DeserializeOwned + 'static>(
    cluster: &Cluster,
    bytes: &mut Vec<u8>,
) -> Result<T, CodecError> {
    let _origin = FromServer::begin(cluster);
    codec::decode_owned(bytes)
}
