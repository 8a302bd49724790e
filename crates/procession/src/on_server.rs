//! How the values of objects on a server become bytes, and bytes values.

use std::any::type_name;

use procession_cluster::Cluster;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::SharedError;
use crate::codec::decode;
use crate::dict::value::encode_key;
use crate::handle::{FromServer, ToServer};
use crate::place::{decode_from_server, encode_for_server};

/// The bytes of a value that goes to a server.
pub(crate) fn to_bytes<V: Serialize + 'static>(
    cluster: &Cluster,
    value: &V,
) -> Result<Vec<u8>, SharedError> {
    let mut bytes = Vec::new();
    encode_for_server(cluster, value, &mut bytes).map_err(SharedError::encode)?;
    Ok(bytes)
}

/// The value of bytes that come from a server.
pub(crate) fn from_bytes<V: DeserializeOwned + 'static>(
    cluster: &Cluster,
    mut bytes: Vec<u8>,
) -> Result<V, SharedError> {
    decode_from_server(cluster, &mut bytes).map_err(SharedError::decode)
}

/// The bytes of a key that goes to a server.
pub(crate) fn key_to_bytes<Q: Serialize + ?Sized>(
    cluster: &Cluster,
    key: &Q,
) -> Result<Vec<u8>, SharedError> {
    let _destination = ToServer::begin(cluster);
    let mut bytes = Vec::new();
    encode_key(key, &mut bytes)?;
    Ok(bytes)
}

/// The key of bytes that come from a server.
pub(crate) fn key_from_bytes<K: DeserializeOwned>(
    cluster: &Cluster,
    bytes: &[u8],
) -> Result<K, SharedError> {
    let _origin = FromServer::begin(cluster);
    decode(bytes).map_err(SharedError::decode)
}

/// What is said of digits that are no value of their type.
#[cold]
pub(crate) fn not_a<T>(digits: &str) -> SharedError {
    SharedError::Decode {
        type_name: type_name::<T>().to_owned(),
        reason: format!("there is no such value as the one on the server, {digits:?}"),
    }
}

/// A length as this machine counts.
pub(crate) fn length(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}
