//! How a value becomes bytes, and bytes a value: the one place that knows postcard.
//!
//! Two rules make the fast path fast. A `Vec<u8>` is not encoded at all: its bytes travel as they
//! are, so that a `Queue<Vec<u8>>` costs one copy in and one copy out. And a failure is explained
//! only after it happened: postcard drops the words of a failed `Serialize` or `Deserialize`, so the
//! value is gone through a second time, in `why_not_encoded` or `why_not_decoded`, to hear them.

mod output;
mod raw;
mod scratch;
mod why_not_decoded;
mod why_not_encoded;

use std::any::type_name;

use postcard::Error as Postcard;
use procession_arena::Handle;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use raw::{is_raw, raw_bytes};
pub(crate) use scratch::Scratch;

use crate::handle::Transfer;

/// A value that could not be turned into bytes, or back.
#[derive(Debug)]
pub(crate) struct CodecError {
    pub(crate) type_name: String,
    pub(crate) reason: String,
}

impl CodecError {
    fn of<T>(reason: String) -> CodecError {
        CodecError {
            type_name: type_name::<T>().to_owned(),
            reason,
        }
    }
}

/// Appends the encoded `value` to `bytes` and returns the handles of shared objects in it.
#[inline]
pub(crate) fn encode<T: Serialize>(
    value: &T,
    bytes: &mut Vec<u8>,
) -> Result<Vec<Handle>, CodecError> {
    let transfer = Transfer::encoding();
    match postcard::serialize_with_flavor(value, output::Append(bytes)) {
        Ok(()) => Ok(transfer.handles()),
        Err(failure) => Err(CodecError::of::<T>(explain_encode(value, &failure))),
    }
}

/// Bytes for a small value and what whoever sends it appends to it, so that most are allocated once.
const USUAL: usize = 64;

/// Encodes a `value` that is not used afterwards; a `Vec<u8>` is taken out of it.
pub(crate) fn encode_last<T: Serialize + 'static>(
    value: &mut T,
) -> Result<(Vec<u8>, Vec<Handle>), CodecError> {
    if let Some(bytes) = raw::take_raw_bytes(value) {
        return Ok((bytes, Vec::new()));
    }
    let mut bytes = Vec::with_capacity(USUAL);
    let handles = encode(value, &mut bytes)?;
    Ok((bytes, handles))
}

/// Turns the whole of `bytes` into a value.
#[inline]
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    let _transfer = Transfer::decoding();
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(CodecError::of::<T>(format!(
            "{} bytes are left over",
            rest.len()
        ))),
        Err(failure) => Err(CodecError::of::<T>(explain_decode::<T>(bytes, &failure))),
    }
}

/// Turns `bytes` into a value, and takes the buffer along if the value is one.
#[inline]
pub(crate) fn decode_owned<T: DeserializeOwned + 'static>(
    bytes: &mut Vec<u8>,
) -> Result<T, CodecError> {
    match raw::take_raw(bytes) {
        Some(value) => Ok(value),
        None => decode(bytes),
    }
}

/// Turns `bytes` that belong to somebody else into a value.
pub(crate) fn decode_copy<T: DeserializeOwned + 'static>(bytes: &[u8]) -> Result<T, CodecError> {
    if is_raw::<T>() {
        decode_owned(&mut bytes.to_vec())
    } else {
        decode(bytes)
    }
}

#[cold]
fn explain_encode<T: Serialize>(value: &T, failure: &Postcard) -> String {
    match failure {
        Postcard::SerdeSerCustom | Postcard::CollectStrError => {
            why_not_encoded::ask(value).unwrap_or_else(|| failure.to_string())
        }
        Postcard::SerializeSeqLengthUnknown => {
            "a sequence or map does not know its length beforehand (`#[serde(flatten)]` is the usual \
             cause; it does not work in the compact format that procession uses)"
                .to_owned()
        }
        _ => failure.to_string(),
    }
}

#[cold]
fn explain_decode<T: DeserializeOwned>(bytes: &[u8], failure: &Postcard) -> String {
    match failure {
        Postcard::SerdeDeCustom => {
            why_not_decoded::ask::<T>(bytes).unwrap_or_else(|| failure.to_string())
        }
        Postcard::WontImplement => {
            "the type asks the format what comes next (`#[serde(untagged)]`, `#[serde(tag)]`, \
             `#[serde(flatten)]` and `serde_json::Value` do), and the compact format that \
             procession uses does not say"
                .to_owned()
        }
        _ => failure.to_string(),
    }
}
