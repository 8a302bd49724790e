//! Waiting for a process, and what it returns.

use std::time::Duration;

use procession_engine::ProcessError;
use serde::de::DeserializeOwned;

use super::{Process, Running};
use crate::codec::{CodecError, decode_copy};

impl<R: DeserializeOwned + 'static> Process<R> {
    /// Waits until the process has ended, and returns what its function returned.
    ///
    /// It can be called from several threads and several times; the answer stays the same.
    ///
    /// # Errors
    ///
    /// [`ProcessError`] says how the process ended if it is not by returning a value.
    ///
    /// # If a process dies
    ///
    /// `join` returns as soon as the process is gone, however it ended.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Process, ProcessError};
    ///
    /// fn divide(a: i32, b: i32) -> i32 {
    ///     a / b
    /// }
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     procession::init();
    ///     match Process::spawn(divide, (1, 0))?.join() {
    ///         Err(ProcessError::Panicked { message, .. }) => {
    ///             assert_eq!(message, "attempt to divide by zero");
    ///         }
    ///         other => unreachable!("{other:?}"),
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn join(&self) -> Result<R, ProcessError> {
        match &self.running {
            Running::Here(child) => child.wait()?,
            Running::Elsewhere(process) => process.wait(None)?,
        }
        self.outcome()
    }

    /// Waits until the process has ended, at most for `timeout`, and returns what its function
    /// returned.
    ///
    /// # Errors
    ///
    /// [`ProcessError::StillRunning`] if the time is over; the process is not touched, so that one
    /// can wait again or [`kill`](Process::kill) it. Apart from that those of [`join`](Process::join).
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Process, ProcessError, Queue, QueueError};
    /// use std::time::Duration;
    ///
    /// fn wait_for(go: Queue<()>) -> Result<(), QueueError> {
    ///     go.get()
    /// }
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     procession::init();
    ///     let go = Queue::new()?;
    ///     let process = Process::spawn(wait_for, (go.clone(),))?;
    ///     let early = process.join_timeout(Duration::from_millis(1));
    ///     assert!(matches!(early, Err(ProcessError::StillRunning)));
    ///     go.put(&())?;
    ///     process.join()??;
    ///     Ok(())
    /// }
    /// ```
    pub fn join_timeout(&self, timeout: Duration) -> Result<R, ProcessError> {
        match &self.running {
            Running::Here(child) => child.wait_timeout(timeout)?,
            Running::Elsewhere(process) => process.wait(Some(timeout))?,
        }
        self.outcome()
    }

    fn outcome(&self) -> Result<R, ProcessError> {
        let decoded = match &self.running {
            Running::Here(child) => decode_copy(&child.outcome()?),
            Running::Elsewhere(process) => process.result()?,
        };
        decoded.map_err(|CodecError { type_name, reason }| {
            let reason = format!("what it wrote cannot be read back: {reason}");
            ProcessError::ResultEncode { type_name, reason }
        })
    }
}
