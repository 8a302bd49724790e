//! A lock that processes share.

mod guard;
mod holder;
mod travel;

use std::fmt;
use std::sync::Arc;

use procession_objects::Lock as Core;

pub use guard::LockGuard;
pub use holder::Holder;

use crate::SharedError;
use crate::attachment::Attachment;

/// A mutual exclusion among any number of processes and their threads.
///
/// What it guards is the business of its users: a file, a device, several entries of a
/// [`Dict`](crate::Dict).
///
/// The value itself is a *handle*: cloning it is cheap, and it is a serde value that can be passed
/// to other processes. The lock ends with its last handle.
///
/// # If a process dies
///
/// - While it holds the lock: whoever acquires it next gets it at once, and is told, once, with
///   [`LockError::Abandoned`](crate::LockError::Abandoned). The same happens if a process drops its last
///   handle of a lock that it holds.
/// - While it waits: nobody else is affected.
///
/// # Examples
///
/// ```
/// use procession::{Lock, Process, SharedError};
///
/// fn print_slowly(lines: Vec<String>, screen: Lock) -> Result<(), SharedError> {
///     let _guard = screen.lock()?; // until the end of the function
///     for line in lines {
///         println!("{line}");
///     }
///     Ok(())
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let screen = Lock::new()?;
///     let lines = vec!["one".to_owned(), "two".to_owned()];
///     let first = Process::spawn(print_slowly, (lines.clone(), screen.clone()))?;
///     let second = Process::spawn(print_slowly, (lines, screen))?;
///     first.join()??;
///     second.join()??;
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Lock {
    pub(crate) attachment: Arc<Attachment<Core>>,
}

impl Lock {
    /// Creates a lock that nobody holds.
    ///
    /// # Errors
    ///
    /// [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session has no room for one
    /// more object or could not be set up.
    pub fn new() -> Result<Lock, SharedError> {
        Ok(Lock::of(Attachment::new(Core::create)?))
    }

    pub(crate) fn of(attachment: Attachment<Core>) -> Lock {
        Lock {
            attachment: Arc::new(attachment),
        }
    }

    /// Whether anybody holds the lock at this moment.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn is_locked(&self) -> Result<bool, SharedError> {
        Ok(self.attachment.with(|lock, me| lock.is_locked(me))?)
    }

    /// Who holds the lock at this moment, and since when.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    ///
    /// # Examples
    ///
    /// ```
    /// let lock = procession::Lock::new()?;
    /// assert_eq!(lock.holder()?, None);
    /// let _guard = lock.lock()?;
    /// assert_eq!(lock.holder()?.map(|its| its.pid), Some(std::process::id()));
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn holder(&self) -> Result<Option<Holder>, SharedError> {
        let holder = self.attachment.with(|lock, me| lock.holder(me))?;
        Ok(holder.map(Holder::new))
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock")
            .field("handle", &format_args!("{}", self.attachment.handle()))
            .field("holder", &self.holder().ok().flatten().map(|its| its.pid))
            .finish()
    }
}
