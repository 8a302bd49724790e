//! What a process is started with.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::message::Environment;
use super::stdio::{StandardStreams, Stdio};

/// How a child comes into being.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum StartMethod {
    /// The program is run again. Nothing of the parent's state can leak into the child.
    #[default]
    Spawn,
    /// A helper process with one thread, itself a fresh run of the program, makes a copy of
    /// itself. Several times faster.
    ForkServer,
}

/// What becomes of a child when the process that started it exits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum AtExit {
    /// It is waited for.
    #[default]
    Joined,
    /// It ends as well.
    Ended,
    /// It goes on, and nobody waits for it.
    LeftAlone,
}

/// What a process is started with; [`start`](Self::start) starts it.
///
/// # Examples
///
/// ```
/// use procession_engine::{Arguments, Command, EntryError, Returned};
///
/// fn shout(arguments: Arguments) -> Result<Returned, EntryError> {
///     let bytes = arguments.bytes().to_ascii_uppercase();
///     Ok(Returned { bytes, handles: Vec::new() })
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession_engine::init();
///     let child = Command::new().name("shouter").start(shout, b"hello", &[])?;
///     child.wait()?;
///     assert_eq!(*child.outcome()?, b"HELLO");
///     Ok(())
/// }
/// ```
#[derive(Debug, Default)]
pub struct Command {
    pub(super) name: Option<String>,
    pub(super) at_exit: AtExit,
    pub(super) method: StartMethod,
    pub(super) environment: Environment,
    pub(super) directory: Option<PathBuf>,
    pub(super) streams: StandardStreams,
    pub(crate) memory_limit: Option<u64>,
    pub(super) executable: Option<PathBuf>,
}

impl Command {
    /// A command with nothing out of the ordinary.
    pub fn new() -> Command {
        Command::default()
    }

    /// The same for another process; standard streams are inherited.
    pub(crate) fn copy(&self) -> Command {
        Command {
            name: self.name.clone(),
            at_exit: self.at_exit,
            method: self.method,
            environment: self.environment.clone(),
            directory: self.directory.clone(),
            streams: StandardStreams::default(),
            memory_limit: self.memory_limit,
            executable: self.executable.clone(),
        }
    }

    /// Names the process; otherwise it is `Process-` and a number.
    pub fn name(mut self, name: impl Into<String>) -> Command {
        self.name = Some(name.into());
        self
    }

    /// Has the process end with this one, however this one ends; otherwise this one waits for it
    /// before it exits.
    pub fn daemon(mut self, daemon: bool) -> Command {
        self.at_exit = match daemon {
            true => AtExit::Ended,
            false => AtExit::Joined,
        };
        self
    }

    /// Has the process live as long as it likes: this one neither ends it nor waits for it when it
    /// exits. For servers that know by themselves when nobody needs them any more.
    pub fn detached(mut self) -> Command {
        self.at_exit = AtExit::LeftAlone;
        self
    }

    /// Chooses how the child comes into being.
    pub fn start_method(mut self, method: StartMethod) -> Command {
        self.method = method;
        self
    }

    /// Sets an environment variable of the child.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Command {
        let change = (name.as_ref().to_owned(), Some(value.as_ref().to_owned()));
        self.environment.changes.push(change);
        self
    }

    /// Removes an environment variable of the child.
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Command {
        self.environment
            .changes
            .push((name.as_ref().to_owned(), None));
        self
    }

    /// Removes all environment variables of the child but those set afterwards.
    pub fn env_clear(mut self) -> Command {
        self.environment = Environment {
            clear: true,
            changes: Vec::new(),
        };
        self
    }

    /// Has the child work in another directory.
    pub fn current_dir(mut self, directory: impl AsRef<Path>) -> Command {
        self.directory = Some(directory.as_ref().to_owned());
        self
    }

    /// Says where the child's standard input comes from.
    pub fn stdin(mut self, stdin: Stdio) -> Command {
        self.streams.input = stdin;
        self
    }

    /// Says where the child's standard output goes to.
    pub fn stdout(mut self, stdout: Stdio) -> Command {
        self.streams.output = stdout;
        self
    }

    /// Says where the child's standard error goes to.
    pub fn stderr(mut self, stderr: Stdio) -> Command {
        self.streams.error = stderr;
        self
    }

    /// Limits the memory of its own that the child may have, in bytes; shared memory does not
    /// count. An allocation beyond it fails, which ends most programs with `SIGABRT`.
    pub fn memory_limit(mut self, bytes: u64) -> Command {
        self.memory_limit = Some(bytes);
        self
    }

    /// Has the child run another file, which must be the same build of this program.
    pub fn executable(mut self, executable: impl Into<PathBuf>) -> Command {
        self.executable = Some(executable.into());
        self
    }
}
