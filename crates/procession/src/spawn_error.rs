//! Why a process could not be started.

use procession_engine::{LaunchError, PoolError};

use crate::codec::CodecError;

/// Why a process could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SpawnError {
    /// The arguments could not be serialized.
    #[error("the arguments of type `{type_name}` could not be serialized: {reason}")]
    Arguments {
        /// The type of the arguments: a tuple.
        type_name: String,
        /// What a `Serialize` among them said.
        reason: String,
    },
    /// The process could not be launched, for instance since `main` does not call
    /// [`init`](crate::init).
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// Something was said of a process on another machine that makes sense on this one alone.
    #[error(
        "`{setting}` concerns processes that this one starts itself; a process on another machine has what its worker host has"
    )]
    Setting {
        /// The method of [`ProcessBuilder`](crate::ProcessBuilder).
        setting: &'static str,
    },
    /// No worker host has started the process.
    #[error(transparent)]
    Host(#[from] PoolError),
}

impl SpawnError {
    pub(crate) fn arguments(CodecError { type_name, reason }: CodecError) -> SpawnError {
        SpawnError::Arguments { type_name, reason }
    }
}
