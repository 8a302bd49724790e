//! A reentrant lock that processes share.

mod guard;
mod travel;

use std::fmt;
use std::sync::Arc;

use procession_objects::ReentrantLock as Core;

pub use guard::RLockGuard;

use crate::attachment::Attachment;
use crate::{Holder, SharedError};

/// A [`Lock`](crate::Lock) that a thread may acquire again while it holds it.
///
/// It is held by a thread, which must release it as often as it acquired it; no other thread can.
///
/// The value itself is a *handle*: cloning it is cheap, and it is a serde value that can be passed
/// to other processes. The lock ends with its last handle.
///
/// # If a process dies
///
/// - While a thread of it holds the lock: whoever acquires it next gets it at once, and is told, once,
///   with [`LockError::Abandoned`](crate::LockError::Abandoned). The same happens if only the thread ends
///   with the lock held, or its process drops its last handle of the lock.
/// - While it waits: nobody else is affected.
///
/// # Examples
///
/// ```
/// use procession::{RLock, SharedError};
///
/// fn move_all(files: &[&str], directory: &RLock) -> Result<(), SharedError> {
///     let _guard = directory.lock()?;
///     files.iter().try_for_each(|file| move_one(file, directory))
/// }
///
/// fn move_one(_file: &str, directory: &RLock) -> Result<(), SharedError> {
///     let _guard = directory.lock()?; // whether or not the caller has it
///     Ok(())
/// }
///
/// move_all(&["one", "two"], &RLock::new()?)?;
/// # Ok::<_, SharedError>(())
/// ```
#[derive(Clone)]
pub struct RLock {
    pub(crate) attachment: Arc<Attachment<Core>>,
}

impl RLock {
    /// Creates a lock that nobody holds.
    ///
    /// # Errors
    ///
    /// [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session has no room for one
    /// more object or could not be set up.
    pub fn new() -> Result<RLock, SharedError> {
        Ok(RLock::of(Attachment::new(Core::create)?))
    }

    pub(crate) fn of(attachment: Attachment<Core>) -> RLock {
        RLock {
            attachment: Arc::new(attachment),
        }
    }

    /// Whether any thread holds the lock at this moment.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn is_locked(&self) -> Result<bool, SharedError> {
        Ok(self.attachment.with(|lock, me| lock.is_locked(me))?)
    }

    /// The process whose thread holds the lock at this moment, and since when.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn holder(&self) -> Result<Option<Holder>, SharedError> {
        let holder = self.attachment.with(|lock, me| lock.holder(me))?;
        Ok(holder.map(Holder::new))
    }

    /// How often this thread holds the lock.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn depth(&self) -> Result<u32, SharedError> {
        Ok(self.attachment.with(|lock, me| lock.depth(me))?)
    }
}

impl fmt::Debug for RLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RLock")
            .field("handle", &format_args!("{}", self.attachment.handle()))
            .field("holder", &self.holder().ok().flatten().map(|its| its.pid))
            .finish()
    }
}
