//! What can be asked of a process, and done to it, while it runs.

use std::process::{ChildStderr, ChildStdin, ChildStdout, ExitStatus};

use procession_cluster::process::Signal;
use procession_engine::{Child, ProcessError};

use super::{Process, Running};

impl<R> Process<R> {
    /// Whether the process has not ended yet.
    pub fn is_alive(&self) -> bool {
        match &self.running {
            Running::Here(child) => child.is_alive(),
            Running::Elsewhere(process) => process.is_alive(),
        }
    }

    /// Asks the process to end, with the signal `SIGTERM`.
    ///
    /// Does nothing if the process has ended: another process that got its number is never hit.
    ///
    /// # Errors
    ///
    /// [`ProcessError`] if the system refuses; [`ProcessError::Unavailable`] if the process is on another machine and the server cannot be told.
    pub fn terminate(&self) -> Result<(), ProcessError> {
        match &self.running {
            Running::Here(child) => child.terminate(),
            Running::Elsewhere(process) => process.signal(Signal::Terminate),
        }
    }

    /// Ends the process at once, with the signal `SIGKILL`.
    ///
    /// Queues that it uses go on for everybody else. Does nothing if the process has ended.
    ///
    /// # Errors
    ///
    /// [`ProcessError`] if the system refuses.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Process, ProcessError};
    ///
    /// fn sleep_for_ever() {
    ///     loop {
    ///         std::thread::park();
    ///     }
    /// }
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     procession::init();
    ///     let process = Process::spawn(sleep_for_ever, ())?;
    ///     process.kill()?;
    ///     assert!(matches!(process.join(), Err(ProcessError::Signaled { signal: 9, .. })));
    ///     Ok(())
    /// }
    /// ```
    pub fn kill(&self) -> Result<(), ProcessError> {
        match &self.running {
            Running::Here(child) => child.kill(),
            Running::Elsewhere(process) => process.signal(Signal::Kill),
        }
    }

    /// The number by which the system knows the process: that of the machine on which it runs.
    pub fn pid(&self) -> u32 {
        match &self.running {
            Running::Here(child) => child.pid(),
            Running::Elsewhere(process) => process.pid(),
        }
    }

    /// What the worker host is called that runs the process; `None` if it runs on this machine, as a child of this process.
    pub fn host(&self) -> Option<&str> {
        match &self.running {
            Running::Here(_) => None,
            Running::Elsewhere(process) => Some(process.host()),
        }
    }

    /// The name that the process was given.
    pub fn name(&self) -> &str {
        match &self.running {
            Running::Here(child) => child.name(),
            Running::Elsewhere(process) => process.name(),
        }
    }

    /// How the process ended, as the system tells it; `None` before somebody has joined it, or if it
    /// cannot be known.
    pub fn exit_status(&self) -> Option<ExitStatus> {
        match &self.running {
            Running::Here(child) => child.exit_status(),
            Running::Elsewhere(process) => process.exit_status(),
        }
    }

    /// The writing end of the process's standard input, if that is [`Stdio::Piped`](crate::Stdio);
    /// once.
    pub fn take_stdin(&self) -> Option<ChildStdin> {
        self.child()?.take_stdin()
    }

    /// The reading end of the process's standard output, if that is [`Stdio::Piped`](crate::Stdio);
    /// once.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Process, Stdio};
    /// use std::io::read_to_string;
    ///
    /// fn greet() {
    ///     println!("Grüezi");
    /// }
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     procession::init();
    ///     let process = Process::builder().stdout(Stdio::Piped).spawn(greet, ())?;
    ///     if let Some(output) = process.take_stdout() {
    ///         assert_eq!(read_to_string(output)?, "Grüezi\n");
    ///     }
    ///     process.join()?;
    ///     Ok(())
    /// }
    /// ```
    pub fn take_stdout(&self) -> Option<ChildStdout> {
        self.child()?.take_stdout()
    }

    /// The reading end of the process's standard error, if that is [`Stdio::Piped`](crate::Stdio);
    /// once.
    pub fn take_stderr(&self) -> Option<ChildStderr> {
        self.child()?.take_stderr()
    }

    fn child(&self) -> Option<&Child> {
        match &self.running {
            Running::Here(child) => Some(child),
            Running::Elsewhere(_) => None,
        }
    }
}
