//! The parent's handle of a child.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd};
use std::process::{ChildStderr, ChildStdin, ChildStdout, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use procession_arena::{Error, Handle};

use super::command::AtExit;
use super::error::ProcessError;
use super::record::Record;
use super::stdio::ParentEnds;
use crate::session::{self, Session};
use crate::with_participant;

/// A process that this one has started.
///
/// All threads may use it at once, also to wait. Dropping it does not end the child: a daemonic
/// one ends with this process, and any other is waited for when this process exits.
///
/// # If a process dies
///
/// If the child dies, whoever waits for it is told how. If this process dies, a daemonic child
/// ends at once, and any other goes on.
pub struct Child {
    session: &'static Session,
    record: Arc<Record>,
    ends: Mutex<ParentEnds>,
}

impl Child {
    pub(super) fn new(session: &'static Session, record: Arc<Record>, ends: ParentEnds) -> Child {
        Child {
            session,
            record,
            ends: Mutex::new(ends),
        }
    }

    /// The number that the system gave the process; another may have it after the end.
    pub fn pid(&self) -> u32 {
        self.record.pid
    }

    /// The process's name.
    pub fn name(&self) -> &str {
        &self.record.name
    }

    /// Whether the child ends with this process.
    pub fn is_daemon(&self) -> bool {
        self.record.at_exit == AtExit::Ended
    }

    /// Whether the child still runs.
    pub fn is_alive(&self) -> bool {
        !self.record.has_ended() && !self.record.pidfd.is_dead().unwrap_or(false)
    }

    /// Waits until the child has ended.
    ///
    /// # Errors
    ///
    /// [`ProcessError::NotOwnChild`] in a forked copy of the process that started the child, and
    /// what the system or the arena reports. How the child ended is no error here: see
    /// [`outcome`](Self::outcome).
    pub fn wait(&self) -> Result<(), ProcessError> {
        self.wait_until(None)
    }

    /// Waits until the child has ended, at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`ProcessError::StillRunning`] if it has not; otherwise as [`wait`](Self::wait).
    pub fn wait_timeout(&self, timeout: Duration) -> Result<(), ProcessError> {
        // A time too far away to be expressed is no limit.
        self.wait_until(Instant::now().checked_add(timeout))
    }

    fn wait_until(&self, deadline: Option<Instant>) -> Result<(), ProcessError> {
        self.check_ownership()?;
        if self.record.has_ended() {
            return Ok(());
        }
        let awaited = std::slice::from_ref(&self.record);
        let children = &self.session.children;
        match with_participant(|me| children.wait(me, awaited, deadline))? {
            true => Ok(()),
            false => Err(ProcessError::StillRunning),
        }
    }

    /// What the child returned, or how else it ended; every call gives the same answer.
    ///
    /// The objects that the result mentions live until the handle is dropped.
    ///
    /// # Errors
    ///
    /// [`ProcessError::StillRunning`] before the end; the way in which the child ended if it did
    /// not return.
    pub fn outcome(&self) -> Result<Arc<Vec<u8>>, ProcessError> {
        self.check_ownership()?;
        self.record
            .ending()
            .ok_or(ProcessError::StillRunning)?
            .outcome
    }

    /// Attaches, for this process, the shared objects that the result mentions.
    ///
    /// # Errors
    ///
    /// [`ProcessError::StillRunning`] before the end; [`ProcessError::Arena`] if the session is
    /// damaged.
    pub fn attach_result_handles(&self) -> Result<Vec<Handle>, ProcessError> {
        self.outcome()?;
        with_participant(|me| Ok(me.attach_result_handles(self.record.process)?))
    }

    /// The exit status; `None` until a wait has seen the end, or if it cannot be known.
    pub fn exit_status(&self) -> Option<ExitStatus> {
        self.check_ownership().ok()?;
        self.record.ending()?.status
    }

    /// Asks the child to end (`SIGTERM`); nothing happens if it has ended.
    ///
    /// # Errors
    ///
    /// [`ProcessError::System`] if the child has changed its user.
    pub fn terminate(&self) -> Result<(), ProcessError> {
        self.record
            .pidfd
            .terminate()
            .map_err(ProcessError::system("pidfd_send_signal"))
    }

    /// Ends the child at once (`SIGKILL`); nothing happens if it has ended.
    ///
    /// # Errors
    ///
    /// [`ProcessError::System`] if the child has changed its user.
    pub fn kill(&self) -> Result<(), ProcessError> {
        self.record
            .pidfd
            .kill()
            .map_err(ProcessError::system("pidfd_send_signal"))
    }

    /// Readable when the child has ended.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.record.pidfd.as_fd()
    }

    /// The pipe to the child's standard input, once, if it was asked for.
    pub fn take_stdin(&self) -> Option<ChildStdin> {
        self.ends
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .input
            .take()
    }

    /// The pipe from the child's standard output, once, if it was asked for.
    pub fn take_stdout(&self) -> Option<ChildStdout> {
        self.ends
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .output
            .take()
    }

    /// The pipe from the child's standard error, once, if it was asked for.
    pub fn take_stderr(&self) -> Option<ChildStderr> {
        self.ends
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .error
            .take()
    }

    fn check_ownership(&self) -> Result<(), ProcessError> {
        match session::established() {
            Some(session) if std::ptr::eq(session, self.session) => Ok(()),
            _ => Err(ProcessError::NotOwnChild),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // In a forked copy the record may be locked by a thread that exists only in the original.
        if self.check_ownership().is_err() || self.record.abandon() {
            return;
        }
        // If it fails, the slot stays taken until this process ends.
        let _ = with_participant(|me| {
            self.record.forget_abandoned(me);
            Ok::<(), Error>(())
        });
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Child")
            .field("name", &self.record.name)
            .field("pid", &self.record.pid)
            .field("at_exit", &self.record.at_exit)
            .finish_non_exhaustive()
    }
}
