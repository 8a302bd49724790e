//! This process's hold on a shared object.

use procession_arena::{Error, Handle, Participant};
use procession_engine::with_participant;
use procession_objects::{Dict, Queue};
use serde::Serializer;

use crate::handle;

/// An object in shared memory, as the floor below knows it.
pub(crate) trait SharedObject {
    /// What users call it.
    const NAME: &'static str;

    /// Its name in every process of the session.
    fn handle(&self) -> Handle;

    /// Ends this process's hold on it, and on what it brought along.
    fn detach(&self, me: &Participant) -> Result<(), Error> {
        me.detach(self.handle())
    }
}

impl SharedObject for Dict {
    const NAME: &'static str = "dict";

    fn handle(&self) -> Handle {
        Dict::handle(self)
    }
}

impl SharedObject for Queue {
    const NAME: &'static str = "queue";

    fn handle(&self) -> Handle {
        Queue::handle(self)
    }
}

/// This process's hold on a shared object: while it exists, the object does.
///
/// All clones of a typed handle in a process share one of it. Should the process be killed, the
/// session lets go in its stead.
pub(crate) struct Attachment<O: SharedObject>(O);

impl<O: SharedObject> Attachment<O> {
    /// Keeps what `take` creates or attaches.
    pub(crate) fn new(
        take: impl FnOnce(&Participant) -> Result<O, Error>,
    ) -> Result<Attachment<O>, Error> {
        with_participant(take).map(Attachment)
    }

    /// The object, to be asked what it says without a participant.
    #[inline]
    pub(crate) fn object(&self) -> &O {
        &self.0
    }

    /// The object's name in every process of the session.
    pub(crate) fn handle(&self) -> Handle {
        self.0.handle()
    }

    /// Does something with the object, as this thread.
    #[inline]
    pub(crate) fn with<R>(
        &self,
        work: impl FnOnce(&O, &Participant) -> Result<R, Error>,
    ) -> Result<R, Error> {
        with_participant(|me| work(&self.0, me))
    }

    /// Writes the object's handle, which travels by procession alone; anywhere else it is an error.
    pub(crate) fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        handle::serialize(self.handle(), serializer)
    }
}

impl<O: SharedObject> Drop for Attachment<O> {
    fn drop(&mut self) {
        let handle = self.handle();
        if let Err(error) = with_participant(|me| self.0.detach(me)) {
            tracing::warn!(%error, %handle, "a {} could not be let go of", O::NAME);
        }
    }
}
