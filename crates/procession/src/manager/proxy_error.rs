//! What can go wrong with a hosted value.

use procession_cluster::ClusterError;
use procession_engine::HostError;
use serde::{Deserialize, Serialize};

use crate::codec::CodecError;

/// What can go wrong when a value is hosted, or called through its [`Proxy`](crate::Proxy).
///
/// It is serializable, so that a function which calls hosted values can run in another process and hand
/// the error home as its result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ProxyError {
    /// The manager was shut down.
    #[error("the manager was shut down, and its hosted values with it: make a new one")]
    ShutDown,
    /// The process that kept the value ended.
    #[error(
        "the manager's server process ended, and the value that it kept is lost: host a new one"
    )]
    ServerGone,
    /// The time that the caller allowed was over. The call is carried out all the same.
    #[error(
        "the time was over before the call was answered; it is carried out all the same, and its \
         result is lost"
    )]
    TimedOut,
    /// The call panicked. The value is as the panic left it, and goes on.
    #[error("the call panicked in the manager's server process, at {location}: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
        /// File, line and column.
        location: String,
        /// The stack at the panic.
        backtrace: String,
    },
    /// The value, or arguments, or a result could not be serialized.
    #[error("`{type_name}` could not be serialized: {reason}")]
    Encode {
        /// The type.
        type_name: String,
        /// What its `Serialize` said.
        reason: String,
    },
    /// The value, or arguments, or a result could not be deserialized.
    #[error("`{type_name}` could not be deserialized: {reason}")]
    Decode {
        /// The type.
        type_name: String,
        /// What its `Deserialize` said.
        reason: String,
    },
    /// The call was carried out, but there was no room for its result.
    #[error("the call was carried out, but its result could not be stored: {reason}")]
    ResultNotStored {
        /// Why not.
        reason: String,
    },
    /// The manager makes its objects on a server, which keeps no values of the user's own types.
    #[error(
        "a manager whose objects are on a server hosts no values: the server runs none of your code; use \
         `Manager::new()`, whose values are for the processes of this machine"
    )]
    NotOnServer,
    /// The server on which the manager makes its objects could not be used.
    #[error("{0}")]
    Cluster(ClusterError),
    /// The server could not be started, or the session could not be used.
    #[error("{reason}")]
    Session {
        /// What happened, in words.
        reason: String,
    },
}

impl From<HostError> for ProxyError {
    fn from(error: HostError) -> ProxyError {
        match error {
            HostError::ShutDown => ProxyError::ShutDown,
            HostError::ServerGone => ProxyError::ServerGone,
            HostError::TimedOut => ProxyError::TimedOut,
            HostError::Panicked {
                message,
                location,
                backtrace,
                ..
            } => ProxyError::Panicked {
                message,
                location,
                backtrace,
            },
            HostError::ArgumentDecode { type_name, reason } => {
                ProxyError::Decode { type_name, reason }
            }
            HostError::ResultEncode { type_name, reason } => {
                ProxyError::Encode { type_name, reason }
            }
            HostError::ResultNotStored { reason } => ProxyError::ResultNotStored { reason },
            other => ProxyError::Session {
                reason: other.to_string(),
            },
        }
    }
}

impl ProxyError {
    pub(super) fn encode(CodecError { type_name, reason }: CodecError) -> ProxyError {
        ProxyError::Encode { type_name, reason }
    }

    pub(super) fn decode(CodecError { type_name, reason }: CodecError) -> ProxyError {
        ProxyError::Decode { type_name, reason }
    }
}
