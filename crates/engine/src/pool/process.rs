//! The processes in which workers live, and who starts them.

use std::fmt::Debug;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::Arc;

use crate::launch::{Child, ProcessError};

/// A process in which a worker lives, as its pool needs it.
pub trait WorkerProcess: Debug + Send + Sync {
    /// The number that the system gave it.
    fn pid(&self) -> u32;

    /// Its name.
    fn name(&self) -> &str;

    /// Readable from its end on.
    fn descriptor(&self) -> BorrowedFd<'_>;

    /// Ends it at once (`SIGKILL`); nothing happens if it has ended. Called under the pool's lock: it must not wait.
    ///
    /// # Errors
    ///
    /// [`ProcessError::System`] if the system refuses.
    fn kill(&self) -> Result<(), ProcessError>;

    /// Has its slot in the session reaped and says how it ended: `Ok` if by returning. Called once, by the pool's
    /// supervisor, when the descriptor is readable; may wait until the exit status is known.
    ///
    /// # Errors
    ///
    /// How it ended; [`ProcessError::Arena`] if the session is damaged.
    fn ending(&self) -> Result<(), ProcessError>;
}

impl WorkerProcess for Child {
    fn pid(&self) -> u32 {
        Child::pid(self)
    }

    fn name(&self) -> &str {
        Child::name(self)
    }

    fn descriptor(&self) -> BorrowedFd<'_> {
        Child::descriptor(self)
    }

    fn kill(&self) -> Result<(), ProcessError> {
        Child::kill(self)
    }

    fn ending(&self) -> Result<(), ProcessError> {
        self.wait()?;
        self.outcome().map(drop)
    }
}

/// Starts the workers of a pool in another way than by a [`Command`](crate::Command).
///
/// No lock of the pool's is held during the calls.
pub trait StartWorker: Debug + Send + Sync {
    /// Starts a process that takes part in the session and calls [`serve_as_worker`](super::serve_as_worker) with
    /// these bytes. Called by one thread at a time: by that which makes the pool, and later by the supervisor.
    ///
    /// # Errors
    ///
    /// Why there is no process. After some attempts in a row the pool is broken.
    fn start(&self, appointment: Vec<u8>) -> Result<Arc<dyn WorkerProcess>, String>;

    /// Has `supervise` run in a thread of its own, which may start processes; returns without waiting for it.
    ///
    /// # Errors
    ///
    /// The system's, if there is no thread.
    fn spawn(&self, supervise: Box<dyn FnOnce() + Send>) -> io::Result<()>;
}
