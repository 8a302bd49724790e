//! Settings of the session and of this process.

use std::sync::{Mutex, PoisonError};

use procession_engine::{AlreadyBegun, StartMethod, configure};

static START_METHOD: Mutex<Option<StartMethod>> = Mutex::new(None);

/// Settings of the session and of this process; got by [`context`].
#[derive(Clone, Copy, Debug)]
pub struct Context(());

/// The settings of the session and of this process.
///
/// A *session* is the first process and all its descendants; they share one piece of memory, in
/// which their queues lie. Its limits are set before its first use, that is before the first
/// process or queue is created.
///
/// # Examples
///
/// ```
/// use procession::StartMethod;
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     procession::context()
///         .memory_cap(256 << 20)?
///         .max_processes(64)?
///         .start_method(StartMethod::ForkServer);
///
///     let queue = procession::Queue::new()?;
///     queue.put(&1)?;
///     assert!(procession::context().max_processes(128).is_err()); // too late
///     Ok(())
/// }
/// ```
pub fn context() -> Context {
    Context(())
}

impl Context {
    /// How this process starts others if their builder does not say.
    ///
    /// It can be changed at any time and concerns the processes that are started from then on.
    pub fn start_method(self, start_method: StartMethod) -> Context {
        *START_METHOD.lock().unwrap_or_else(PoisonError::into_inner) = Some(start_method);
        self
    }

    /// The bytes of memory that all queues of the session may take together.
    ///
    /// The default is half of the memory that was free when the session began. Nothing is set aside
    /// for it: memory is taken as it is needed.
    ///
    /// # Errors
    ///
    /// [`AlreadyBegun`] after the session's first use, and in any process but the first.
    pub fn memory_cap(self, bytes: u64) -> Result<Context, AlreadyBegun> {
        configure(|limits| limits.memory_cap = bytes)?;
        Ok(self)
    }

    /// How many processes the session may have at a time; 1024 if nothing is said.
    ///
    /// # Errors
    ///
    /// [`AlreadyBegun`] after the session's first use, and in any process but the first.
    pub fn max_processes(self, processes: u16) -> Result<Context, AlreadyBegun> {
        configure(|limits| limits.max_processes = processes)?;
        Ok(self)
    }

    /// How many threads, in all processes together, may use queues at a time; 4096 if nothing is
    /// said.
    ///
    /// # Errors
    ///
    /// [`AlreadyBegun`] after the session's first use, and in any process but the first.
    pub fn max_threads(self, threads: u16) -> Result<Context, AlreadyBegun> {
        configure(|limits| limits.max_threads = threads)?;
        Ok(self)
    }
}

/// How this process starts others if their builder does not say.
pub(crate) fn default_start_method() -> Option<StartMethod> {
    *START_METHOD.lock().unwrap_or_else(PoisonError::into_inner)
}
