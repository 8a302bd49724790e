//! The lock of an array, for changes of several elements that belong together.

use procession_arena::{Participant, Result, Wait};

use super::SharedArray;
use crate::sync::{EmbeddedLock, Hold, Holder, Taken};

impl SharedArray {
    /// Takes the array's lock, which keeps nobody from the elements who does not take it as well.
    ///
    /// A process that already holds it waits for itself.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`](procession_arena::Error::TimedOut), also with [`Wait::Never`].
    ///
    /// # If a process dies
    ///
    /// The holder: this returns as soon as the kernel has said so, and tells its pid once.
    #[inline]
    pub fn acquire(&self, me: &Participant, wait: Wait) -> Result<Taken> {
        self.lock(me)?.acquire(me, wait)
    }

    /// Ends a hold of the lock that a thread of this process has taken; says whether it still was
    /// the present one.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt) if the session is damaged.
    ///
    /// # If a process dies
    ///
    /// In the middle of it: the lock is free, or abandoned.
    #[inline]
    pub fn release_hold(&self, me: &Participant, hold: Hold) -> Result<bool> {
        self.lock(me)?.release_hold(me, hold)
    }

    /// Who holds the lock at this moment.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt) if the array is damaged.
    pub fn holder(&self, me: &Participant) -> Result<Option<Holder>> {
        self.lock(me)?.holder(me)
    }

    #[inline]
    pub(super) fn lock<'a>(&self, me: &'a Participant) -> Result<EmbeddedLock<'a>> {
        EmbeddedLock::open(me.arena(), self.extent.lock, self.object.handle)
    }
}
