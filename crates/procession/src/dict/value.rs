//! How keys and values become bytes, and bytes values.

use std::any::type_name;

use procession_arena::Handle;
use procession_objects::Reading;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::SharedError;
use crate::codec::{decode_owned, encode, is_raw, raw_bytes};
use crate::passengers::Passengers;

/// Writes `key` to `bytes`, in place of what was there.
#[inline]
pub(crate) fn encode_key<Q: Serialize + ?Sized>(
    key: &Q,
    bytes: &mut Vec<u8>,
) -> Result<(), SharedError> {
    bytes.clear();
    let handles = encode(&key, bytes).map_err(SharedError::encode)?;
    match handles.is_empty() {
        true => Ok(()),
        false => Err(SharedError::Encode {
            type_name: type_name::<Q>().to_owned(),
            reason: "a handle of a shared object cannot be a key, nor be in one".to_owned(),
        }),
    }
}

/// Gives the bytes of `value` to `work`, by way of `buffer` if it has to be encoded.
#[inline]
pub(crate) fn lend_value<V: Serialize + 'static, R>(
    value: &V,
    buffer: &mut Vec<u8>,
    work: impl FnOnce(&[u8], &[Handle]) -> Result<R, SharedError>,
) -> Result<R, SharedError> {
    if let Some(bytes) = raw_bytes(value) {
        return work(bytes, &[]);
    }
    buffer.clear();
    let handles = encode(value, buffer).map_err(SharedError::encode)?;
    work(buffer, &handles)
}

/// Makes a reading ready for a `V`.
#[inline]
pub(crate) fn prepare<V: 'static>(reading: &mut Reading) {
    if is_raw::<V>() {
        // The value takes its buffer along, which is then to be of the value's size.
        reading.bytes = Vec::new();
    }
}

/// Turns what was read into a value, which takes hold of the objects whose handles came along.
#[inline]
pub(crate) fn take_value<V: DeserializeOwned + 'static>(
    reading: &mut Reading,
) -> Result<V, SharedError> {
    let _passengers = Passengers(&reading.handles);
    decode_owned(&mut reading.bytes).map_err(SharedError::decode)
}
