//! Users' values on their way to the server and back.

use crate::ClusterError;
use crate::object::Object;

/// What the first byte of a value says: its form is this one, and nothing was done to the bytes that follow.
const PLAIN: u8 = 0x10;

/// The largest value.
pub(crate) const LARGEST: u64 = 64 << 20;

/// A value as it is kept on the server.
pub(crate) fn seal(_object: &Object, bytes: &[u8]) -> Result<Vec<u8>, ClusterError> {
    if bytes.len() as u64 > LARGEST {
        return Err(ClusterError::TooLarge {
            bytes: bytes.len() as u64,
            limit: LARGEST,
        });
    }
    let mut sealed = Vec::with_capacity(1 + bytes.len());
    sealed.push(PLAIN);
    sealed.extend_from_slice(bytes);
    Ok(sealed)
}

/// A value as its user gave it.
pub(crate) fn open(object: &Object, mut sealed: Vec<u8>) -> Result<Vec<u8>, ClusterError> {
    match sealed.first() {
        Some(&PLAIN) => {
            sealed.remove(0);
            Ok(sealed)
        }
        Some(form) => Err(ClusterError::protocol(format!(
            "{object} holds a value of the unknown form {form:#x}"
        ))),
        None => Err(ClusterError::protocol(format!(
            "{object} holds a value without a form"
        ))),
    }
}
