//! What a process can be told when it is started.

use std::ffi::OsStr;
use std::marker::PhantomData;
use std::path::Path;

use procession_engine::{Command, StartMethod, Stdio};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::elsewhere::Elsewhere;
use super::{Process, Running};
use crate::codec::encode;
use crate::context::default_start_method;
use crate::function::{CapturesNothing, entry};
use crate::pool::work::of_arguments;
use crate::{Cluster, Function, SpawnError};

/// Says more about a process to start; made by [`Process::builder`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `spawn` is called"]
pub struct ProcessBuilder {
    command: Command,
}

impl ProcessBuilder {
    pub(crate) fn new() -> ProcessBuilder {
        let command = Command::new();
        let command = match default_start_method() {
            Some(start_method) => command.start_method(start_method),
            None => command,
        };
        ProcessBuilder { command }
    }

    fn change(self, change: impl FnOnce(Command) -> Command) -> ProcessBuilder {
        ProcessBuilder {
            command: change(self.command),
        }
    }

    /// Names the process, for people who read messages.
    pub fn name(self, name: impl Into<String>) -> ProcessBuilder {
        self.change(|command| command.name(name))
    }

    /// Whether the process ends together with this one, even if this one is killed.
    ///
    /// When this process ends normally, it ends its daemonic processes and waits for all others.
    /// The default is `false`.
    pub fn daemon(self, daemon: bool) -> ProcessBuilder {
        self.change(|command| command.daemon(daemon))
    }

    /// How the process is started; see [`StartMethod`].
    ///
    /// The default is what [`Context::start_method`](crate::Context::start_method) says.
    pub fn start_method(self, start_method: StartMethod) -> ProcessBuilder {
        self.change(|command| command.start_method(start_method))
    }

    /// Sets an environment variable of the process. It inherits all others.
    pub fn env(self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> ProcessBuilder {
        self.change(|command| command.env(name, value))
    }

    /// Removes an environment variable, so that the process does not inherit it.
    pub fn env_remove(self, name: impl AsRef<OsStr>) -> ProcessBuilder {
        self.change(|command| command.env_remove(name))
    }

    /// Removes all environment variables; those that are set afterwards remain.
    pub fn env_clear(self) -> ProcessBuilder {
        self.change(Command::env_clear)
    }

    /// Sets the directory in which the process starts. The default is this process's own.
    pub fn current_dir(self, directory: impl AsRef<Path>) -> ProcessBuilder {
        self.change(|command| command.current_dir(directory))
    }

    /// Where the process reads its standard input from. The default is [`Stdio::Inherit`].
    pub fn stdin(self, stdin: Stdio) -> ProcessBuilder {
        self.change(|command| command.stdin(stdin))
    }

    /// Where the process writes its standard output to. The default is [`Stdio::Inherit`].
    pub fn stdout(self, stdout: Stdio) -> ProcessBuilder {
        self.change(|command| command.stdout(stdout))
    }

    /// Where the process writes its standard error to. The default is [`Stdio::Inherit`].
    pub fn stderr(self, stderr: Stdio) -> ProcessBuilder {
        self.change(|command| command.stderr(stderr))
    }

    /// Limits the memory that the process can have for itself, in bytes.
    ///
    /// An allocation beyond it fails, which in Rust usually aborts the process. What it puts into
    /// queues counts for the session, not for the process.
    pub fn memory_limit(self, bytes: u64) -> ProcessBuilder {
        self.change(|command| command.memory_limit(bytes))
    }

    /// Runs another file than this program's own; it must be the same build of the program.
    ///
    /// This is of use where the own file cannot be run from where it is.
    pub fn executable(self, executable: impl AsRef<Path>) -> ProcessBuilder {
        self.change(|command| command.executable(executable.as_ref()))
    }

    /// Runs `function` with `arguments` in a new process.
    ///
    /// # Errors
    ///
    /// As [`Process::spawn`].
    pub fn spawn<F, A, R>(self, function: F, arguments: A) -> Result<Process<R>, SpawnError>
    where
        F: Function<A, R>,
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned + 'static,
    {
        self.start(const { CapturesNothing::new() }, function, arguments)
    }

    pub(super) fn start<F, A, R>(
        self,
        proof: CapturesNothing<F>,
        function: F,
        arguments: A,
    ) -> Result<Process<R>, SpawnError>
    where
        F: Function<A, R>,
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned + 'static,
    {
        let mut bytes = Vec::new();
        let handles = encode(&arguments, &mut bytes).map_err(SpawnError::arguments)?;
        let child = self
            .command
            .start(entry::<F, A, R>(proof, function), bytes, &handles)?;
        Ok(Process {
            running: Running::Here(child),
            result: PhantomData,
        })
    }

    /// Runs `function` with `arguments` in a new process on another machine, as [`Cluster::spawn`] does, with more to say: which worker hosts are
    /// meant, by the name of a [pool](Cluster::pool) that they serve; `None` means those of the pool that hosts serve if nothing else is said.
    ///
    /// Names, environment variables, the directory and the limit of memory travel, and are taken for what they are on that machine. How the process is started, the host
    /// says, whose standard streams it also has.
    ///
    /// # Errors
    ///
    /// As [`Cluster::spawn`]; [`SpawnError::Setting`] for a setting that makes sense on this machine alone: pipes, files, another executable.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use procession::Process;
    ///
    /// procession::init();
    /// let cluster = procession::connect("redis://127.0.0.1")?;
    /// let process = Process::builder().daemon(true).spawn_on(&cluster, "gpu", |a: u32, b: u32| a * b, (6, 7))?;
    /// assert_eq!(process.join()?, 42);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn spawn_on<'n, F, A, R>(
        self,
        cluster: &Cluster,
        pool: impl Into<Option<&'n str>>,
        function: F,
        arguments: A,
    ) -> Result<Process<R>, SpawnError>
    where
        F: Function<A, R>,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        let proof = const { CapturesNothing::new() };
        self.start_on(cluster, pool.into(), proof, function, arguments)
    }

    pub(crate) fn start_on<F, A, R>(
        self,
        cluster: &Cluster,
        pool: Option<&str>,
        proof: CapturesNothing<F>,
        function: F,
        arguments: A,
    ) -> Result<Process<R>, SpawnError>
    where
        F: Function<A, R>,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        let work = of_arguments::<F, A, R>(proof, function).work;
        let process = Elsewhere::start(cluster, pool, work, self.command, &arguments)?;
        Ok(Process {
            running: Running::Elsewhere(process),
            result: PhantomData,
        })
    }
}
