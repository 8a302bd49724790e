//! What came of a task, on its way from a host to the client.

use std::time::Duration;

use procession_engine::pool::Produced;
use procession_engine::{BuildId, PoolError, ProcessError};
use serde::{Deserialize, Serialize};

use crate::object::Object;
use crate::{ClusterError, payload};

/// What came of a task.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Outcome {
    /// The encoded result follows.
    Returned,
    Panicked {
        message: String,
        location: String,
        backtrace: String,
        thread: String,
    },
    WorkerLost {
        worker: String,
        pid: u32,
        cause: Cause,
        finished: bool,
    },
    MemoryLimit {
        worker: String,
        pid: u32,
        limit: u64,
    },
    TaskTimeout {
        timeout: Duration,
        pid: u32,
    },
    HostLost {
        host: String,
        attempts: u32,
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
    TooLarge {
        bytes: u64,
        limit: u64,
    },
    LocalObject,
    OtherBuild {
        wanted: Vec<u8>,
        found: Vec<u8>,
    },
    UnknownWork {
        name: u64,
    },
    Refused {
        reason: String,
    },
}

/// How a worker has ended.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Cause {
    Exited { code: i32 },
    Signaled { signal: i32, core_dumped: bool },
    Other { reason: String },
}

impl Outcome {
    /// What came of a task in the local pool of `host`, and the bytes of its result.
    pub(crate) fn of(result: &Result<impl AsRef<Produced>, PoolError>, host: &str) -> Outcome {
        match result {
            Ok(produced) if produced.as_ref().handles().is_empty() => Outcome::Returned,
            Ok(_) => Outcome::LocalObject,
            Err(error) => Outcome::of_error(error.clone(), host),
        }
    }

    fn of_error(error: PoolError, host: &str) -> Outcome {
        let on_host = |worker: String| format!("{worker} on {host}");
        match error {
            PoolError::Panicked {
                message,
                location,
                backtrace,
                thread,
            } => Outcome::Panicked {
                message,
                location,
                backtrace,
                thread,
            },
            PoolError::WorkerLost {
                worker,
                pid,
                cause,
                finished,
            } => Outcome::WorkerLost {
                worker: on_host(worker),
                pid,
                cause: Cause::of(&cause),
                finished,
            },
            PoolError::MemoryLimit { worker, pid, limit } => Outcome::MemoryLimit {
                worker: on_host(worker),
                pid,
                limit,
            },
            PoolError::TaskTimeout { timeout, pid } => Outcome::TaskTimeout { timeout, pid },
            PoolError::ArgumentDecode { type_name, reason } => {
                Outcome::ArgumentDecode { type_name, reason }
            }
            PoolError::ResultEncode { type_name, reason } => {
                Outcome::ResultEncode { type_name, reason }
            }
            PoolError::ResultNotStored { size, reason } => {
                Outcome::ResultNotStored { size, reason }
            }
            PoolError::OtherBuild { wanted, found } => Outcome::OtherBuild {
                wanted: wanted.as_bytes().to_vec(),
                found: found.as_bytes().to_vec(),
            },
            PoolError::UnknownWork { name } => Outcome::UnknownWork { name },
            other => Outcome::Refused {
                reason: other.to_string(),
            },
        }
    }

    /// As it goes to the server, with the encoded result if there is one.
    pub(crate) fn seal(&self, object: &Object, result: &[u8]) -> Result<Vec<u8>, ClusterError> {
        let head = postcard::to_extend(self, Vec::with_capacity(1 + result.len()));
        let mut content = head.map_err(|error| ClusterError::protocol(error.to_string()))?;
        content.extend_from_slice(result);
        payload::seal(object, &content)
    }

    /// What the client is told.
    pub(crate) fn open(object: &Object, sealed: Vec<u8>) -> Result<Vec<u8>, PoolError> {
        let content = payload::take(object, sealed).map_err(|error| match error {
            ClusterError::Expired { .. } => PoolError::ResultExpired,
            other => unavailable(other),
        })?;
        let (outcome, result): (Outcome, _) =
            postcard::take_from_bytes(&content).map_err(|_| PoolError::Refused {
                reason:
                    "what came of it cannot be read; the host may run another version of procession"
                        .to_owned(),
            })?;
        match outcome.into_error() {
            None => Ok(result.to_vec()),
            Some(error) => Err(error),
        }
    }

    fn into_error(self) -> Option<PoolError> {
        Some(match self {
            Outcome::Returned => return None,
            Outcome::Panicked {
                message,
                location,
                backtrace,
                thread,
            } => PoolError::Panicked {
                message,
                location,
                backtrace,
                thread,
            },
            Outcome::WorkerLost {
                worker,
                pid,
                cause,
                finished,
            } => PoolError::WorkerLost {
                worker,
                pid,
                cause: Box::new(cause.into_error()),
                finished,
            },
            Outcome::MemoryLimit { worker, pid, limit } => {
                PoolError::MemoryLimit { worker, pid, limit }
            }
            Outcome::TaskTimeout { timeout, pid } => PoolError::TaskTimeout { timeout, pid },
            Outcome::HostLost { host, attempts } => PoolError::HostLost { host, attempts },
            Outcome::ArgumentDecode { type_name, reason } => {
                PoolError::ArgumentDecode { type_name, reason }
            }
            Outcome::ResultEncode { type_name, reason } => {
                PoolError::ResultEncode { type_name, reason }
            }
            Outcome::ResultNotStored { size, reason } => {
                PoolError::ResultNotStored { size, reason }
            }
            Outcome::TooLarge { bytes, limit } => PoolError::TooLarge { bytes, limit },
            Outcome::LocalObject => PoolError::LocalObject,
            Outcome::OtherBuild { wanted, found } => PoolError::OtherBuild {
                wanted: BuildId::from_bytes(&wanted),
                found: BuildId::from_bytes(&found),
            },
            Outcome::UnknownWork { name } => PoolError::UnknownWork { name },
            Outcome::Refused { reason } => PoolError::Refused { reason },
        })
    }
}

impl Cause {
    fn of(error: &ProcessError) -> Cause {
        match error {
            ProcessError::Exited { code } => Cause::Exited { code: *code },
            ProcessError::Signaled {
                signal,
                core_dumped,
            } => Cause::Signaled {
                signal: *signal,
                core_dumped: *core_dumped,
            },
            other => Cause::Other {
                reason: other.to_string(),
            },
        }
    }

    fn into_error(self) -> ProcessError {
        match self {
            Cause::Exited { code } => ProcessError::Exited { code },
            Cause::Signaled {
                signal,
                core_dumped,
            } => ProcessError::Signaled {
                signal,
                core_dumped,
            },
            Cause::Other { reason } => ProcessError::Refused { reason },
        }
    }
}

/// What the tasks of a pool fail with if its server does not do what is needed.
pub(crate) fn unavailable(error: ClusterError) -> PoolError {
    match error {
        ClusterError::TooLarge { bytes, limit } => PoolError::TooLarge { bytes, limit },
        other => PoolError::Unavailable {
            reason: other.to_string(),
        },
    }
}
