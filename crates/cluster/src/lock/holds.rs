//! The hold that a process has of a lock.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Hold;
use crate::fork_aware::ForkAware;
use crate::keeper::Kept;

/// The hold that a process has of a lock, and its renewal: it goes on also if the guard was forgotten, since another thread, or another
/// process, may be the one to release it.
pub(super) struct Holds(ForkAware<Mutex<Option<(Hold, Kept)>>>);

impl Holds {
    /// This process holds the lock.
    pub(super) fn note(&self, hold: &Hold, kept: Kept) {
        // What was there is not dropped under the lock, here and below.
        let former = self.lock().replace((hold.clone(), kept));
        drop(former);
    }

    /// The hold has ended.
    pub(super) fn forget(&self, hold: &Hold) {
        let ended = self.lock().take_if(|(present, _)| present.is(hold));
        drop(ended);
    }

    pub(super) fn present(&self) -> Option<Hold> {
        self.lock().as_ref().map(|(hold, _)| hold.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Hold, Kept)>> {
        let present = self.0.get_or_make(Mutex::default);
        present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Holds {
    fn default() -> Holds {
        Holds(ForkAware::new())
    }
}

impl fmt::Debug for Holds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Holds")
            .field(&self.present())
            .finish()
    }
}
