//! What the end of a child means for whoever waits for it.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;

use super::error::ProcessError;
use super::message::Completion;

/// How the child ended.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    pub(super) status: Option<ExitStatus>,
    pub(super) outcome: Result<Arc<Vec<u8>>, ProcessError>,
}

/// What is known of a dead child's exit status.
#[derive(Clone, Copy, Debug)]
pub(super) enum Status {
    Known(ExitStatus),
    /// Nobody is left who knows; who should have known.
    Unknown(&'static str),
}

impl Status {
    pub(super) fn known(self) -> Option<ExitStatus> {
        match self {
            Status::Known(status) => Some(status),
            Status::Unknown(_) => None,
        }
    }
}

/// The outcome of a child that has left word.
pub(super) fn to_outcome(
    completion: Completion,
    bytes: Vec<u8>,
) -> Result<Arc<Vec<u8>>, ProcessError> {
    Err(match completion {
        Completion::Returned { .. } => return Ok(Arc::new(bytes)),
        Completion::ArgumentDecode { type_name, reason } => {
            ProcessError::ArgumentDecode { type_name, reason }
        }
        Completion::ResultEncode { type_name, reason } => {
            ProcessError::ResultEncode { type_name, reason }
        }
        Completion::ResultNotStored { size, reason } => {
            ProcessError::ResultNotStored { size, reason }
        }
        Completion::ArenaFailed { reason } => ProcessError::Refused { reason },
        Completion::Panicked(panic) => ProcessError::Panicked {
            message: panic.message,
            location: panic.location,
            backtrace: panic.backtrace,
            thread: panic.thread,
        },
    })
}

/// The outcome of a child that has left none.
pub(super) fn without_result(status: Status, is_ready: bool) -> ProcessError {
    let status = match status {
        Status::Known(status) => status,
        Status::Unknown(reason) => return ProcessError::StatusUnknown { reason },
    };
    match (status.code(), status.signal()) {
        (Some(code), _) if !is_ready => ProcessError::NotStarted { code },
        (Some(code), _) => ProcessError::Exited { code },
        (None, Some(signal)) => ProcessError::Signaled {
            signal,
            core_dumped: status.core_dumped(),
        },
        // A process that has ended did so by one of the two.
        (None, None) => ProcessError::StatusUnknown {
            reason: "the system's report is unclear",
        },
    }
}
