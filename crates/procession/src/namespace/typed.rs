//! Values that say which type they are of: the length of its name, the name, the value.

use std::any::type_name;

use procession_arena::Handle;
use procession_cluster::Cluster;
use procession_objects::Reading;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::SharedError;
use crate::codec::{decode_copy, encode, raw_bytes};
use crate::handle::{FromServer, ToServer};
use crate::passengers::Passengers;

/// Bytes of the length.
const LENGTH: usize = 4;

/// Writes `value` and its type to `buffer`, in place of what was there, and gives it to `work`.
pub(super) fn lend_typed<T: Serialize + 'static, R>(
    value: &T,
    buffer: &mut Vec<u8>,
    work: impl FnOnce(&[u8], &[Handle]) -> Result<R, SharedError>,
) -> Result<R, SharedError> {
    let name = type_name::<T>();
    buffer.clear();
    buffer.extend_from_slice(&(name.len() as u32).to_le_bytes());
    buffer.extend_from_slice(name.as_bytes());
    let handles = match raw_bytes(value) {
        Some(bytes) => {
            buffer.extend_from_slice(bytes);
            Vec::new()
        }
        None => encode(value, buffer).map_err(SharedError::encode)?,
    };
    work(buffer, &handles)
}

/// Turns what was read into a `T`, if it is one.
pub(super) fn decode_typed<T: DeserializeOwned + 'static>(
    reading: &Reading,
) -> Result<T, SharedError> {
    let _passengers = Passengers(&reading.handles);
    decode_bytes(&reading.bytes)
}

/// The bytes of a value that goes to a server, and its type in front.
pub(super) fn typed_to_server<T: Serialize + 'static>(
    cluster: &Cluster,
    value: &T,
) -> Result<Vec<u8>, SharedError> {
    let _destination = ToServer::begin(cluster);
    let mut bytes = Vec::new();
    // A handle of an object in memory has been refused.
    lend_typed(value, &mut bytes, |bytes, _| Ok(bytes.to_vec()))
}

/// The value of bytes that come from a server.
pub(super) fn typed_from_server<T: DeserializeOwned + 'static>(
    cluster: &Cluster,
    bytes: &[u8],
) -> Result<T, SharedError> {
    let _origin = FromServer::begin(cluster);
    decode_bytes(bytes)
}

fn decode_bytes<T: DeserializeOwned + 'static>(bytes: &[u8]) -> Result<T, SharedError> {
    let (found, value) = split(bytes).ok_or_else(|| SharedError::Decode {
        type_name: type_name::<T>().to_owned(),
        reason: "it does not say which type it is of".to_owned(),
    })?;
    if found != type_name::<T>().as_bytes() {
        return Err(SharedError::WrongType {
            kind: "value".to_owned(),
            expected: type_name::<T>().to_owned(),
            found: String::from_utf8_lossy(found).into_owned(),
        });
    }
    decode_copy(value).map_err(SharedError::decode)
}

/// The name of the type, and the value.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<LENGTH>()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}
