//! What a child is to do and how it went, as they lie in the arena.
//!
//! A message is the caller's bytes followed by a trailer of ours, so that 100 MB of arguments or
//! results are extended and cut in place, never copied.

use std::ffi::OsString;

use procession_arena::sys::fork::is_valid_variable;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::function::{EntryError, FunctionName};
use super::panic::Panic;

/// The trailer of a start message.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Assignment {
    pub(super) function: FunctionName,
    pub(super) name: String,
    pub(super) daemon: bool,
    /// Bytes of memory of its own that the child may have.
    pub(super) memory_limit: Option<u64>,
    pub(super) directory: Option<OsString>,
    /// What the child still has to change; a spawned child was born with it.
    pub(super) environment: Option<Environment>,
}

/// Changes to the environment variables; `None` removes a variable.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Environment {
    pub(super) clear: bool,
    pub(super) changes: Vec<(OsString, Option<OsString>)>,
}

impl Environment {
    /// The name of a variable that no process can have.
    pub(super) fn impossible(&self) -> Option<&OsString> {
        let is_impossible = |(name, value): &&(OsString, Option<OsString>)| {
            !is_valid_variable(name, value.as_deref())
        };
        self.changes
            .iter()
            .find(is_impossible)
            .map(|(name, _)| name)
    }
}

/// The trailer of a result.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Completion {
    Returned { mentions_objects: bool },
    ArgumentDecode { type_name: String, reason: String },
    ResultEncode { type_name: String, reason: String },
    ResultNotStored { size: u64, reason: String },
    ArenaFailed { reason: String },
    Panicked(Panic),
}

impl From<EntryError> for Completion {
    fn from(error: EntryError) -> Completion {
        match error {
            EntryError::ArgumentDecode { type_name, reason } => {
                Completion::ArgumentDecode { type_name, reason }
            }
            EntryError::ResultEncode { type_name, reason } => {
                Completion::ResultEncode { type_name, reason }
            }
            EntryError::Arena(reason) => Completion::ArenaFailed { reason },
        }
    }
}

const LENGTH_SIZE: usize = size_of::<u32>();

/// Appends `trailer` to `bytes`.
pub(crate) fn append<T: Serialize>(bytes: &mut Vec<u8>, trailer: &T) -> Result<(), String> {
    let trailer = postcard::to_stdvec(trailer).map_err(|error| error.to_string())?;
    let length = u32::try_from(trailer.len()).map_err(|_| "it is longer than 4 GB".to_owned())?;
    bytes.reserve(trailer.len() + LENGTH_SIZE);
    bytes.extend_from_slice(&trailer);
    bytes.extend_from_slice(&length.to_le_bytes());
    Ok(())
}

/// Cuts the trailer off `bytes`; `None` if there is no valid one.
pub(crate) fn cut<T: DeserializeOwned>(bytes: &mut Vec<u8>) -> Option<T> {
    let (rest, length) = bytes.split_last_chunk::<LENGTH_SIZE>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let start = rest.len().checked_sub(length)?;
    let trailer = postcard::from_bytes(rest.get(start..)?).ok()?;
    bytes.truncate(start);
    Some(trailer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_appended_is_cut_off_again() {
        for content in [&b""[..], b"content"] {
            let mut bytes = content.to_vec();
            append(
                &mut bytes,
                &Completion::Returned {
                    mentions_objects: true,
                },
            )
            .unwrap();
            let trailer: Completion = cut(&mut bytes).unwrap();
            assert_eq!(
                trailer,
                Completion::Returned {
                    mentions_objects: true
                }
            );
            assert_eq!(bytes, content);
        }
    }

    #[test]
    fn damaged_trailers_are_refused() {
        for damaged in [
            &b""[..],
            b"abc",
            b"\xff\xff\xff\xff",
            b"\x63\x01\x00\x00\x00",
        ] {
            assert_eq!(cut::<Completion>(&mut damaged.to_vec()), None);
        }
    }
}
