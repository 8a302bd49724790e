//! A function that runs in a process of its own.

mod builder;
mod control;
mod elsewhere;
mod join;

use std::fmt;
use std::marker::PhantomData;

use procession_engine::Child;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use builder::ProcessBuilder;

use crate::function::CapturesNothing;
use elsewhere::Elsewhere;

use crate::{Function, SpawnError};

/// A function that runs in a process of its own, and returns an `R`.
///
/// The value is a handle on the process, held by the process that started it. Dropping it changes
/// nothing for the process: a daemonic one ends together with the one that started it, and any
/// other is waited for when the one that started it ends normally.
///
/// # If a process dies
///
/// [`join`](Process::join) returns an error that says how the process ended: a panic with its
/// message and backtrace, an exit code, a signal. If the process that *started* it dies, even by
/// `kill -9`, then a daemonic process ends at once; any other goes on to its end. If it runs on [another machine](crate::Cluster::spawn), a daemonic
/// one ends when the lease of the one that started it is over; and if its worker host dies, it ends as well, and `join` returns
/// [`ProcessError::HostLost`](crate::ProcessError).
///
/// # Examples
///
/// ```
/// use procession::Process;
///
/// fn fibonacci(n: u64) -> u64 {
///     if n < 2 { n } else { fibonacci(n - 1) + fibonacci(n - 2) }
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let first = Process::spawn(fibonacci, (20,))?;
///     let second = Process::spawn(fibonacci, (21,))?;
///     assert_eq!(first.join()? + second.join()?, 17_711);
///     Ok(())
/// }
/// ```
pub struct Process<R> {
    running: Running,
    result: PhantomData<fn() -> R>,
}

/// Where a process runs.
enum Running {
    /// On this machine, as a child of this process.
    Here(Child),
    /// On a worker host.
    Elsewhere(Elsewhere),
}

impl<R> Process<R> {
    /// Runs `function` with `arguments` in a new process.
    ///
    /// The arguments are a tuple of what the function takes: `(x, y)` for two, `(x,)` for one, `()`
    /// for none. They are serialized, and handles of queues may be anywhere in them.
    ///
    /// # Errors
    ///
    /// [`SpawnError`], if an argument cannot be serialized or the process cannot be started.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::Process;
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     procession::init();
    ///     let process = Process::spawn(|a: u32, b: u32| a * b, (6, 7))?;
    ///     assert_eq!(process.join()?, 42);
    ///     Ok(())
    /// }
    /// ```
    pub fn spawn<F, A>(function: F, arguments: A) -> Result<Process<R>, SpawnError>
    where
        F: Function<A, R>,
        A: Serialize + DeserializeOwned,
        R: Serialize + DeserializeOwned + 'static,
    {
        ProcessBuilder::new().start(const { CapturesNothing::new() }, function, arguments)
    }
}

impl Process<()> {
    /// Says more about the process to start, whatever it returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::Process;
    ///
    /// fn language() -> Option<String> {
    ///     std::env::var("LANGUAGE").ok()
    /// }
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     procession::init();
    ///     let process = Process::builder().name("polyglot").env("LANGUAGE", "gsw").spawn(language, ())?;
    ///     assert_eq!(process.join()?.as_deref(), Some("gsw"));
    ///     Ok(())
    /// }
    /// ```
    pub fn builder() -> ProcessBuilder {
        ProcessBuilder::new()
    }
}

impl<R> fmt::Debug for Process<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("name", &self.name())
            .field("pid", &self.pid())
            .field("exit_status", &self.exit_status())
            .finish()
    }
}
