//! How an array's handle travels to another process.

use std::any::type_name;

use procession_arena::{Error, Handle, Participant};
use procession_cluster::array::SharedArray as OnServer;
use procession_cluster::{Cluster, ClusterError, Object};
use procession_objects::SharedArray as Core;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::SharedArray;
use crate::SharedError;
use crate::attachment::SharedObject;
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
impl<T> Serialize for SharedArray<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.place.serialize(serializer)
    }
}

impl<'de, T> Deserialize<'de> for SharedArray<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SharedArray<T>, D::Error> {
        let place: Place<Core, OnServer> = Place::deserialize(deserializer, attach::<T>)?;
        if let Place::Server(array) = &place {
            check::<T>(array).map_err(de::Error::custom)?;
        }
        Ok(SharedArray::of(place))
    }
}

/// Makes sure that an array on a server is one of `T`s.
fn check<T>(array: &OnServer) -> Result<(), SharedError> {
    array.check_contents(type_name::<T>())?;
    let (found, expected) = (array.element_size(), size_of::<T>() as u64);
    match found == expected {
        true => Ok(()),
        false => Err(SharedError::WrongType {
            kind: Core::NAME.to_owned(),
            expected: described::<T>(expected),
            found: described::<T>(found),
        }),
    }
}

fn described<T>(size: u64) -> String {
    format!("{}, {size} bytes each", type_name::<T>())
}

/// Takes hold of an array of `T`s.
///
/// Two types may have the same name, and what is seen in place must not lead beyond the array.
fn attach<T>(me: &Participant, handle: Handle) -> Result<Core, Error> {
    let array = Core::attach(me, handle, Some(type_name::<T>()))?;
    let (found, expected) = (array.element_size(), size_of::<T>() as u64);
    if found == expected {
        return Ok(array);
    }
    array.detach(me)?;
    Err(Error::WrongContents {
        handle,
        kind: Core::NAME,
        expected: described::<T>(expected),
        found: described::<T>(found),
    })
}
