//! How a process has ended, on its way from its host to whoever wanted it.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use procession_engine::{PoolError, ProcessError};
use serde::{Deserialize, Serialize};

use crate::ClusterError;

/// How a process has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// As the system tells it, if that is known.
    status: Option<i32>,
    /// The encoded result, if it has returned one.
    outcome: Result<Vec<u8>, Failure>,
}

/// How a process has ended other than by returning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Failure {
    Panicked {
        message: String,
        location: String,
        backtrace: String,
        thread: String,
    },
    Exited {
        code: i32,
    },
    Signaled {
        signal: i32,
        core_dumped: bool,
    },
    ArgumentDecode {
        type_name: String,
        reason: String,
    },
    ResultEncode {
        type_name: String,
        reason: String,
    },
    ResultNotStored {
        size: u64,
        reason: String,
    },
    LocalObject,
    NotStarted {
        code: i32,
    },
    Refused {
        reason: String,
    },
}

impl Ending {
    /// That of a child of this process.
    pub fn of(status: Option<ExitStatus>, outcome: Result<Vec<u8>, ProcessError>) -> Ending {
        Ending {
            status: status.map(ExitStatusExt::into_raw),
            outcome: outcome.map_err(Failure::of),
        }
    }

    /// That of a process which has nothing to say but its exit status.
    pub fn of_status(status: ExitStatus) -> Ending {
        let outcome = match (status.code(), status.signal()) {
            (Some(0), _) => Ok(Vec::new()),
            (Some(code), _) => Err(ProcessError::Exited { code }),
            (None, signal) => Err(ProcessError::Signaled {
                signal: signal.unwrap_or_default(),
                core_dumped: status.core_dumped(),
            }),
        };
        Ending::of(Some(status), outcome)
    }

    /// That of a process which was ended by a signal before a host had begun it.
    pub(crate) fn never_begun(signal: i32) -> Ending {
        Ending::of_status(ExitStatus::from_raw(signal))
    }

    /// As the system tells it; `None` if that is not known.
    pub fn status(&self) -> Option<ExitStatus> {
        self.status.map(ExitStatus::from_raw)
    }

    /// The encoded result, or how else it has ended.
    ///
    /// # Errors
    ///
    /// [`ProcessError`] says how.
    pub fn outcome(&self) -> Result<&[u8], ProcessError> {
        let outcome = self.outcome.as_ref();
        outcome
            .map(Vec::as_slice)
            .map_err(|failure| failure.clone().into_error())
    }

    pub(crate) fn encode(&self) -> Result<Vec<u8>, ClusterError> {
        postcard::to_stdvec(self).map_err(|error| ClusterError::protocol(error.to_string()))
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Ending, PoolError> {
        postcard::from_bytes(bytes).map_err(|_| PoolError::Refused {
            reason: "how it ended cannot be read; the host may run another version of procession"
                .to_owned(),
        })
    }
}

impl Failure {
    fn of(error: ProcessError) -> Failure {
        match error {
            ProcessError::Panicked {
                message,
                location,
                backtrace,
                thread,
            } => Failure::Panicked {
                message,
                location,
                backtrace,
                thread,
            },
            ProcessError::Exited { code } => Failure::Exited { code },
            ProcessError::Signaled {
                signal,
                core_dumped,
            } => Failure::Signaled {
                signal,
                core_dumped,
            },
            ProcessError::ArgumentDecode { type_name, reason } => {
                Failure::ArgumentDecode { type_name, reason }
            }
            ProcessError::ResultEncode { type_name, reason } => {
                Failure::ResultEncode { type_name, reason }
            }
            ProcessError::ResultNotStored { size, reason } => {
                Failure::ResultNotStored { size, reason }
            }
            ProcessError::LocalObject => Failure::LocalObject,
            ProcessError::NotStarted { code } => Failure::NotStarted { code },
            other => Failure::Refused {
                reason: other.to_string(),
            },
        }
    }

    fn into_error(self) -> ProcessError {
        match self {
            Failure::Panicked {
                message,
                location,
                backtrace,
                thread,
            } => ProcessError::Panicked {
                message,
                location,
                backtrace,
                thread,
            },
            Failure::Exited { code } => ProcessError::Exited { code },
            Failure::Signaled {
                signal,
                core_dumped,
            } => ProcessError::Signaled {
                signal,
                core_dumped,
            },
            Failure::ArgumentDecode { type_name, reason } => {
                ProcessError::ArgumentDecode { type_name, reason }
            }
            Failure::ResultEncode { type_name, reason } => {
                ProcessError::ResultEncode { type_name, reason }
            }
            Failure::ResultNotStored { size, reason } => {
                ProcessError::ResultNotStored { size, reason }
            }
            Failure::LocalObject => ProcessError::LocalObject,
            Failure::NotStarted { code } => ProcessError::NotStarted { code },
            Failure::Refused { reason } => ProcessError::Refused { reason },
        }
    }
}
