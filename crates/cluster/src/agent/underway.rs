//! What carries out a task that a host holds.

use std::sync::Arc;

use procession_engine::pool::Job;

use super::hosted_process::HostedProcess;
use crate::process::{Begun, Signal};

/// What carries out a task that a host holds.
#[derive(Clone, Debug)]
pub(super) enum Underway {
    /// A job of the local pool.
    Job(Arc<Job>),
    /// A process of its own.
    Process {
        process: Arc<dyn HostedProcess>,
        /// What its client is told of it.
        begun: Arc<Begun>,
        /// It ends with whoever wanted it.
        is_daemon: bool,
    },
}

impl Underway {
    /// Gives back what has not been begun.
    pub(super) fn take_back(&self) {
        if let Underway::Job(job) = self
            && let Err(error) = job.cancel_waiting()
        {
            tracing::warn!(%error, "a task could not be taken back");
        }
    }

    /// Asks a process to end; tasks cannot be asked.
    pub(super) fn ask_to_end(&self) {
        if let Underway::Process { process, .. } = self {
            send(process, Signal::Terminate);
        }
    }

    /// Ends it.
    pub(super) fn end(&self) {
        match self {
            Underway::Job(job) => {
                if let Err(error) = job.cancel() {
                    tracing::warn!(%error, "a task could not be ended");
                }
            }
            Underway::Process { process, .. } => send(process, Signal::Kill),
        }
    }
}

/// Sends a signal to a process.
pub(super) fn send(process: &Arc<dyn HostedProcess>, signal: Signal) {
    if let Err(reason) = process.signal(signal) {
        tracing::warn!(
            reason,
            pid = process.pid(),
            "a process could not be sent a signal"
        );
    }
}
