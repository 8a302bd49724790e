//! Processes that a host has started for others, as the agent sees them.

use std::fmt::Debug;

use procession_engine::pool::WorkName;
use procession_engine::{CarriedCommand, Child};

use crate::process::{Ending, Signal};

/// A process that is to be started for somebody else.
#[derive(Debug)]
pub struct ProcessRequest {
    /// What is to be done in it.
    pub work: WorkName,
    /// With which encoded arguments.
    pub arguments: Vec<u8>,
    /// How.
    pub command: CarriedCommand,
}

/// A process that a host has started for somebody else. It ends with the host, whatever becomes of that.
pub trait HostedProcess: Debug + Send + Sync {
    /// The number by which the system knows it.
    fn pid(&self) -> u32;

    /// Sends it a signal; nothing happens if it has ended.
    ///
    /// # Errors
    ///
    /// The reason, in words.
    fn signal(&self, signal: Signal) -> Result<(), String>;

    /// Waits until it has ended; says how.
    fn wait(&self) -> Ending;
}

impl HostedProcess for Child {
    fn pid(&self) -> u32 {
        Child::pid(self)
    }

    fn signal(&self, signal: Signal) -> Result<(), String> {
        let sent = match signal {
            Signal::Terminate => self.terminate(),
            Signal::Kill => self.kill(),
        };
        sent.map_err(|error| error.to_string())
    }

    fn wait(&self) -> Ending {
        let waited = Child::wait(self).and_then(|()| self.outcome());
        let outcome = waited.and_then(|result| match self.attach_result_handles()?.is_empty() {
            true => Ok(result.to_vec()),
            false => Err(procession_engine::ProcessError::LocalObject),
        });
        Ending::of(self.exit_status(), outcome)
    }
}
