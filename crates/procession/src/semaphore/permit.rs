//! A permit that is given back by itself.

use std::mem;

use procession_arena::sys::fork_epoch;

use super::Semaphore;

/// A permit of a [`Semaphore`]; released when dropped.
///
/// The copy of it that a process copied by `fork` has releases nothing: there is one permit, and it is the
/// original's.
#[derive(Debug)]
#[must_use = "the permit is released at once if it is dropped"]
pub struct Permit<'a> {
    semaphore: &'a Semaphore,
    /// Tells the process from a copy.
    epoch: u64,
}

impl<'a> Permit<'a> {
    pub(super) fn of(semaphore: &'a Semaphore) -> Permit<'a> {
        Permit {
            semaphore,
            epoch: fork_epoch(),
        }
    }

    /// Keeps the permit taken: it is for somebody to [`release`](Semaphore::release) it, if it is ever to
    /// be free again.
    ///
    /// # Examples
    ///
    /// ```
    /// let semaphore = procession::Semaphore::new(1)?;
    /// semaphore.acquire()?.forget();
    /// assert_eq!(semaphore.value()?, 0);
    /// semaphore.release(1)?;
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn forget(self) {
        mem::forget(self);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.epoch != fork_epoch() {
            return;
        }
        if let Err(error) = self.semaphore.release(1) {
            let handle = self.semaphore.attachment.handle();
            tracing::warn!(%error, %handle, "a permit of a semaphore could not be released");
        }
    }
}
