//! A permit that is given back by itself.

use std::mem;

use procession_arena::sys::fork_epoch;
use procession_cluster::semaphore::Permit as OnServer;

use super::Semaphore;
use crate::SharedError;
use crate::place::Place;

/// A permit of a [`Semaphore`]; released when dropped.
///
/// The copy of it that a process copied by `fork` has releases nothing: there is one permit, and it is the
/// original's.
#[derive(Debug)]
#[must_use = "the permit is released at once if it is dropped"]
pub struct Permit<'a> {
    semaphore: &'a Semaphore,
    /// Of a semaphore on a server: which one it is.
    on_server: Option<OnServer>,
    /// Tells the process from a copy.
    epoch: u64,
}

impl<'a> Permit<'a> {
    pub(super) fn of(semaphore: &'a Semaphore, on_server: Option<OnServer>) -> Permit<'a> {
        Permit {
            semaphore,
            on_server,
            epoch: fork_epoch(),
        }
    }

    /// Whether the permit may be somebody else's by now, since the server has not heard from this process for almost as long as a lease. Never in
    /// memory.
    pub fn is_lost(&self) -> bool {
        let on_server = self.on_server.as_ref();
        on_server.is_some_and(OnServer::is_lost)
    }

    /// Keeps the permit taken: it is for somebody to [`release`](Semaphore::release) it, if it is ever to
    /// be free again. (On a server it also comes back when this process ends, or drops its last handle.)
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
    pub fn forget(mut self) {
        if let (Place::Server(semaphore), Some(permit)) =
            (&self.semaphore.place, self.on_server.take())
            && let Err(error) = semaphore.forget(&permit)
        {
            let name = self.semaphore.place.name();
            tracing::warn!(%error, %name, "a permit of a semaphore can be released by nobody");
        }
        mem::forget(self);
    }

    fn give_back(&self) -> Result<(), SharedError> {
        match (&self.semaphore.place, &self.on_server) {
            (Place::Server(semaphore), Some(permit)) => Ok(semaphore.release_permit(permit)?),
            _ => self.semaphore.release(1),
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if self.epoch != fork_epoch() {
            return;
        }
        if let Err(error) = self.give_back() {
            let name = self.semaphore.place.name();
            tracing::warn!(%error, %name, "a permit of a semaphore could not be released");
        }
    }
}
