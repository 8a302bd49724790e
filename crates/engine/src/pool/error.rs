//! What can go wrong with a pool and its tasks.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use procession_arena::Error;
use procession_arena::sys::image::BuildId;

use crate::launch::message::Completion;
use crate::launch::{LaunchError, ProcessError};

/// What can go wrong with a pool, or with one of its tasks.
///
/// A clone says the same, so that every question for a result gets the same answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// A pool of no workers was asked for.
    #[error("a pool needs at least one worker")]
    NoWorkers,
    /// A setting can not be followed.
    #[error("the pool cannot be set up like this: {reason}")]
    Setting {
        /// Which one, and why.
        reason: String,
    },
    /// The pool takes no more tasks.
    #[error("the pool is closed and takes no more tasks; make a new one")]
    Closed,
    /// The pool was terminated before the task was done.
    #[error("the pool was terminated before this task was done")]
    Terminated,
    /// `join` was called on a pool that goes on.
    #[error(
        "the pool is still open, so that its workers will not end; call `close()` or `terminate()` first"
    )]
    StillOpen,
    /// The workers end before they are ready for tasks.
    #[error(
        "the pool's workers cannot be started, and it has given up after {attempts} attempts: {reason}"
    )]
    Broken {
        /// Attempts in a row.
        attempts: u32,
        /// Why the last one failed.
        reason: String,
    },
    /// The worker ended while it had the task.
    ///
    /// Only tasks that had started are lost; one that had not is given to another worker.
    #[error(
        "the task was lost with its worker {worker} (pid {pid}), which ended {stage}: {cause}",
        stage = if *finished { "after it had run the task and before its result was stored" }
                else { "while it ran the task" }
    )]
    WorkerLost {
        /// The worker's name.
        worker: String,
        /// The number that the system had given it.
        pid: u32,
        /// How it ended: by which signal, or with which exit code.
        cause: Box<ProcessError>,
        /// Whether the task had run to its end.
        finished: bool,
    },
    /// The task needed more memory than its worker may have.
    #[error(
        "the task needed more memory than the {limit} bytes that each worker of this pool may have, so that its \
         worker {worker} (pid {pid}) ended; raise the limit, or give the task less to do"
    )]
    MemoryLimit {
        /// The worker's name.
        worker: String,
        /// The number that the system had given it.
        pid: u32,
        /// Bytes that a worker may have.
        limit: u64,
    },
    /// The task ran longer than it was allowed to, and was ended with its worker.
    #[error("the task ran longer than {timeout:?}, and was ended with its worker (pid {pid})")]
    TaskTimeout {
        /// How long it was allowed to run.
        timeout: Duration,
        /// The worker that was ended.
        pid: u32,
    },
    /// The task was cancelled.
    #[error("the task was cancelled")]
    Cancelled,
    /// The task panicked. Its worker goes on.
    #[error("the task panicked at {location}: {message}")]
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
    /// The arguments could not be written down.
    #[error("the arguments of type {type_name} do not encode: {reason}")]
    ArgumentEncode {
        /// Their type.
        type_name: String,
        /// The codec's reason.
        reason: String,
    },
    /// The worker could not read the arguments.
    #[error(
        "the worker could not decode the arguments as {type_name}: {reason}; `Serialize` and `Deserialize` of \
         the type must agree"
    )]
    ArgumentDecode {
        /// The type that the function takes.
        type_name: String,
        /// The codec's reason.
        reason: String,
    },
    /// The worker could not write the result down.
    #[error("the worker could not encode the result of type {type_name}: {reason}")]
    ResultEncode {
        /// The type that the function returns.
        type_name: String,
        /// The codec's reason.
        reason: String,
    },
    /// The result could not be read.
    #[error(
        "the result could not be decoded as {type_name}: {reason}; `Serialize` and `Deserialize` of the type must agree"
    )]
    ResultDecode {
        /// The type that the function returns.
        type_name: String,
        /// The codec's reason.
        reason: String,
    },
    /// The task was done, but there was no room for its result.
    #[error("the result of {size} bytes could not be stored: {reason}")]
    ResultNotStored {
        /// Bytes of the result.
        size: u64,
        /// The arena's reason.
        reason: String,
    },
    /// A callback of the task panicked; its result is not told.
    #[error("a callback panicked at {location}: {message}")]
    CallbackPanicked {
        /// What the panic said.
        message: String,
        /// File, line and column.
        location: String,
    },
    /// The worker could not do what it was asked to, and said why.
    #[error("the worker could not run the task: {reason}")]
    Refused {
        /// What it said.
        reason: String,
    },
    /// The file for a trace could not be created.
    #[error("the trace {path} cannot be written: {source}", path = path.display())]
    Trace {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: Arc<io::Error>,
    },
    /// The time that the caller allowed is over; the task goes on.
    #[error("the result is not there yet; wait longer, or `cancel()` the task")]
    NotReady,
    /// This process is a copy, made by `fork`, of the one that has the pool.
    #[error("the pool belongs to the process that made it, not to a forked copy; make one there")]
    ForkedCopy,
    /// A worker could not be started by those who start this pool's workers.
    #[error("a worker of the pool could not be started: {reason}")]
    NotStarted {
        /// What they said.
        reason: String,
    },
    /// An object in the arguments lies in the memory of this machine, and the pool's workers are elsewhere.
    #[error(
        "an object among the arguments lives in this machine's memory, where the workers of this pool cannot reach it; make it \
         with the context that `connect` returned"
    )]
    LocalObject,
    /// No worker host serves this pool.
    #[error(
        "no worker host serves this pool, which needs {wanted}; {there}; start workers of that kind on at least one host",
        there = match present.as_slice() {
            [] => "there is no worker host at all".to_owned(),
            present => format!("there are only {}", present.join(", ")),
        }
    )]
    NoWorkerHost {
        /// What a host must have.
        wanted: String,
        /// What those have that are there.
        present: Vec<String>,
    },
    /// The task was lost with the worker host that had it, and has been run as often as it may.
    #[error(
        "the task was lost with its worker host {host}, at attempt {attempts}, which was the last; look there for what ended it, \
         or allow more retries if doing the task twice does no harm"
    )]
    HostLost {
        /// The last host that had it.
        host: String,
        /// How often it was begun.
        attempts: u32,
    },
    /// What carries the pool's tasks cannot do it.
    #[error("the pool's workers cannot be reached: {reason}")]
    Unavailable {
        /// What is in the way, and what to do.
        reason: String,
    },
    /// The task was done, and its result was not fetched in time.
    #[error(
        "the task was done, but its result was kept for a limited time only, which is over; fetch results sooner, or have \
         them kept longer"
    )]
    ResultExpired,
    /// The arguments or the result of the task are larger than what can be carried.
    #[error(
        "{bytes} bytes are more than the {limit} that can be carried to or from a worker at a time; send less, or where to find it"
    )]
    TooLarge {
        /// Bytes that were to be carried.
        bytes: u64,
        /// Bytes that can be.
        limit: u64,
    },
    /// The task is for workers that run another build of the program.
    #[error(
        "the task is for build {wanted} of the program, and this is build {found}; run the same file on all hosts"
    )]
    OtherBuild {
        /// The build of whoever has submitted it.
        wanted: BuildId,
        /// That of this process.
        found: BuildId,
    },
    /// The task asks for a function that is not there.
    #[error(
        "the task asks for function {name:#x}, and no function of this program has that name; whoever has sent it has not got it \
         from the same build"
    )]
    UnknownWork {
        /// The number that was sent as its name.
        name: u64,
    },
    /// A worker could not be started.
    #[error(transparent)]
    Launch(Arc<LaunchError>),
    /// The session's shared memory could not be used.
    #[error(transparent)]
    Arena(Arc<Error>),
}

impl From<Error> for PoolError {
    fn from(error: Error) -> PoolError {
        PoolError::Arena(Arc::new(error))
    }
}

impl From<LaunchError> for PoolError {
    fn from(error: LaunchError) -> PoolError {
        PoolError::Launch(Arc::new(error))
    }
}

impl From<Completion> for PoolError {
    fn from(completion: Completion) -> PoolError {
        match completion {
            Completion::ArgumentDecode { type_name, reason } => {
                PoolError::ArgumentDecode { type_name, reason }
            }
            Completion::ResultEncode { type_name, reason } => {
                PoolError::ResultEncode { type_name, reason }
            }
            Completion::ResultNotStored { size, reason } => {
                PoolError::ResultNotStored { size, reason }
            }
            Completion::ArenaFailed { reason } => PoolError::Refused { reason },
            Completion::Panicked(panic) => PoolError::Panicked {
                message: panic.message,
                location: panic.location,
                backtrace: panic.backtrace,
                thread: panic.thread,
            },
            Completion::Returned { .. } => PoolError::Refused {
                reason: "it reported a success as a failure".to_owned(),
            },
        }
    }
}
