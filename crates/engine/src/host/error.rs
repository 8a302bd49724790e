//! What can go wrong with a hosted value.

use procession_arena::Error;

use crate::launch::LaunchError;
use crate::launch::message::Completion;

/// What can go wrong with a value that a server process keeps.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// The manager was shut down.
    #[error("the manager was shut down, and its values with it: make a new one")]
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
    /// The method panicked. The value is as the panic left it.
    #[error("the call panicked in the manager's server process, at {location}: {message}")]
    Panicked {
        /// What the panic said.
        message: String,
        /// File, line and column.
        location: String,
        /// The stack at the panic.
        backtrace: String,
        /// The thread's name.
        thread: String,
    },
    /// The method does not take these arguments.
    #[error("the server could not decode the arguments as `{type_name}`: {reason}")]
    ArgumentDecode {
        /// The type the method takes.
        type_name: String,
        /// The codec's reason.
        reason: String,
    },
    /// The result could not be written down.
    #[error("the result of type `{type_name}` could not be encoded by the server: {reason}")]
    ResultEncode {
        /// The type the method returns.
        type_name: String,
        /// The codec's reason.
        reason: String,
    },
    /// The call was carried out, but there was no room for its result.
    #[error("the result could not be stored, so that it is lost: {reason}")]
    ResultNotStored {
        /// Why not.
        reason: String,
    },
    /// The server could not be started.
    #[error("the manager's server process could not be started: {reason}")]
    NotStarted {
        /// Why not.
        reason: String,
    },
    /// The server could not do what it was asked to, and said why.
    #[error("the manager's server could not do it: {reason}")]
    Refused {
        /// What it said.
        reason: String,
    },
    /// The function lies outside of the program.
    #[error(transparent)]
    Launch(#[from] LaunchError),
    /// The session's memory could not be used.
    #[error(transparent)]
    Arena(Error),
}

impl From<Error> for HostError {
    fn from(error: Error) -> HostError {
        match error {
            // Of all queues here only the caller's own is closed for another reason than this.
            Error::Closed => HostError::ShutDown,
            Error::PeerGone => HostError::ServerGone,
            Error::TimedOut => HostError::TimedOut,
            error => HostError::Arena(error),
        }
    }
}

/// The caller's view of how the server says it went.
pub(super) fn to_result(completion: Completion) -> Result<(), HostError> {
    Err(match completion {
        Completion::Returned { .. } => return Ok(()),
        Completion::ArgumentDecode { type_name, reason } => {
            HostError::ArgumentDecode { type_name, reason }
        }
        Completion::ResultEncode { type_name, reason } => {
            HostError::ResultEncode { type_name, reason }
        }
        Completion::ResultNotStored { reason, .. } => HostError::ResultNotStored { reason },
        Completion::ArenaFailed { reason } => HostError::Refused { reason },
        Completion::Panicked(panic) => HostError::Panicked {
            message: panic.message,
            location: panic.location,
            backtrace: panic.backtrace,
            thread: panic.thread,
        },
    })
}
