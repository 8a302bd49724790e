//! Why a process could not be started, and how one ended other than by returning.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use procession_arena::sys::image::BuildId;

use super::signal::signal_name;

/// Why a process could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// The program has not called `init`.
    #[error(
        "procession is not initialised in this process: call `procession::init()` first thing in \
         `main` (in a test: as the first line of the test, in its form for tests)"
    )]
    NotInitialised,
    /// The program cannot find itself in memory.
    #[error(
        "cannot tell which program this is, so no child could be sure to be the same: {reason}"
    )]
    NoImage {
        /// What was tried and failed.
        reason: String,
    },
    /// The function lies in another library than procession itself.
    #[error(
        "the function to run lies outside the program that procession is linked into, so a child \
         could not find it; start a function of the program itself"
    )]
    ForeignFunction,
    /// The process is ending and has already said goodbye to its children.
    #[error("this process is ending and starts no others; start them before `main` returns")]
    Ending,
    /// The executable could not be run.
    #[error("cannot run {executable}: {source}", executable = executable.display())]
    Executable {
        /// The file.
        executable: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// An environment variable that no process can have was to be set.
    #[error(
        "there can be no environment variable {name:?} with that value: a name is not empty and \
         holds no '=', and neither holds a NUL byte"
    )]
    Variable {
        /// Its name.
        name: OsString,
    },
    /// The fork server always runs the running program.
    #[error("the fork server cannot run another executable; use the start method `Spawn` with it")]
    ForkServerExecutable,
    /// The fork server did not come up, or ended each time it was to start a process.
    #[error("the fork server does not work: {reason}; the start method `Spawn` does without it")]
    ForkServer {
        /// What happened.
        reason: String,
    },
    /// The session has no room for the process or its arguments.
    #[error(transparent)]
    Arena(#[from] procession_arena::Error),
    /// The arguments could not be prepared.
    #[error("cannot write down what the child is to do: {reason}")]
    Encode {
        /// What was wrong with it.
        reason: String,
    },
    /// The operating system refused a call.
    #[error("the system refused {call}: {source}")]
    System {
        /// The call.
        call: &'static str,
        /// The system's reason.
        source: io::Error,
    },
}

impl LaunchError {
    pub(super) fn system(call: &'static str) -> impl FnOnce(io::Error) -> LaunchError {
        move |source| LaunchError::System { call, source }
    }
}

/// How a process ended other than by returning, or why that is not known.
///
/// A clone says the same, so that every join of a process gives the same answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// The child ended before it took up its work.
    #[error(
        "the child ended with exit code {code} before it took up its work; the program it runs \
         must call `procession::init()` first thing in `main` (in a test: as the first line of \
         the test, in its form for tests)"
    )]
    NotStarted {
        /// The exit code.
        code: i32,
    },
    /// The child could not take up its work, and said why.
    #[error("the child could not take up its work: {reason}")]
    Refused {
        /// The child's reason.
        reason: String,
    },
    /// The child runs another build of the program, in which functions lie elsewhere.
    #[error(
        "the child runs another build of the program (build id {found}, this is {expected}); \
         start the program again, or configure the executable that belongs to it"
    )]
    BuildMismatch {
        /// The build of this process.
        expected: BuildId,
        /// The build of the child.
        found: BuildId,
    },
    /// The child could not read its arguments.
    #[error(
        "the child could not decode its arguments as {type_name}: {reason}; `Serialize` and \
         `Deserialize` of the type must agree"
    )]
    ArgumentDecode {
        /// The type the function takes.
        type_name: String,
        /// The codec's reason.
        reason: String,
    },
    /// The child could not write down its result.
    #[error("the child could not encode its result of type {type_name}: {reason}")]
    ResultEncode {
        /// The type the function returns.
        type_name: String,
        /// The codec's reason.
        reason: String,
    },
    /// The result found no room in the session.
    #[error("the child's result of {size} bytes could not be stored: {reason}")]
    ResultNotStored {
        /// Bytes of the result.
        size: u64,
        /// The arena's reason.
        reason: String,
    },
    /// The function panicked.
    #[error("the child panicked in thread '{thread}' at {location}: {message}")]
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
    /// The child ended itself before the function returned.
    #[error(
        "the child ended with exit code {code} before its function returned; something in it \
             called `exit`"
    )]
    Exited {
        /// The exit code.
        code: i32,
    },
    /// A signal ended the child.
    #[error("the child was ended by signal {signal} ({name}){core}",
            name = signal_name(*signal),
            core = if *core_dumped { " and left a core dump" } else { "" })]
    Signaled {
        /// The signal's number.
        signal: i32,
        /// Whether the system wrote a core dump.
        core_dumped: bool,
    },
    /// The child has ended, but nobody is left who knows how.
    #[error("the child has ended without a result, and its exit status is unknown: {reason}")]
    StatusUnknown {
        /// Who should have known.
        reason: &'static str,
    },
    /// The time that the caller allowed is over.
    #[error("the child is still running; wait longer, or end it with `terminate()` or `kill()`")]
    StillRunning,
    /// The child was on another machine, whose worker host is not heard from any more.
    #[error(
        "the worker host {host} that ran the process is not heard from any more: it has died, is cut off, or the server has \
         lost its data; what the process did until then is done, and it is not begun again by itself"
    )]
    HostLost {
        /// What the host was called.
        host: String,
    },
    /// The child is on another machine, and how it fares cannot be asked for.
    #[error("the process is on another machine, and how it fares cannot be told: {reason}")]
    Unavailable {
        /// What the server, or the client of the server, says.
        reason: String,
    },
    /// The child was on another machine, and returned a shared object that only processes there can use.
    #[error(
        "what the process returned mentions an object in the memory of another machine; return objects that were made on the \
         server, or plain values"
    )]
    LocalObject,
    /// This process is a copy, made by `fork`, of the one that started the child.
    #[error("the child belongs to the process that started it; a forked copy cannot wait for it")]
    NotOwnChild,
    /// The session's shared memory could not be used.
    #[error(transparent)]
    Arena(Arc<procession_arena::Error>),
    /// The operating system refused a call.
    #[error("the system refused {call}: {source}")]
    System {
        /// The call.
        call: &'static str,
        /// The system's reason.
        source: Arc<io::Error>,
    },
}

impl From<procession_arena::Error> for ProcessError {
    fn from(error: procession_arena::Error) -> ProcessError {
        ProcessError::Arena(Arc::new(error))
    }
}

impl ProcessError {
    pub(super) fn system(call: &'static str) -> impl FnOnce(io::Error) -> ProcessError {
        move |source| ProcessError::System {
            call,
            source: Arc::new(source),
        }
    }
}
