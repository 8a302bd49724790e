//! This process's hold on a shared object.

use procession_arena::{Error, Handle, Participant};
use procession_engine::with_participant;
use procession_objects::{Queue, QueueConfig};

/// This process's hold on a shared queue: while it exists, the queue does.
///
/// All clones of a typed handle in a process share one of it. Should the process be killed, the
/// session lets go in its stead.
pub(crate) struct Attachment(Queue);

impl Attachment {
    /// Creates a queue.
    pub(crate) fn create(config: &QueueConfig) -> Result<Attachment, Error> {
        with_participant(|me| Queue::create(me, config)).map(Attachment)
    }

    /// Takes hold of a queue that somebody else holds as well.
    pub(crate) fn attach(handle: Handle) -> Result<Attachment, Error> {
        with_participant(|me| Queue::attach(me, handle)).map(Attachment)
    }

    /// The queue, to be asked what it says without a participant.
    #[inline]
    pub(crate) fn queue(&self) -> &Queue {
        &self.0
    }

    /// Does something with the queue, as this thread.
    #[inline]
    pub(crate) fn with<R>(
        &self,
        work: impl FnOnce(&Queue, &Participant) -> Result<R, Error>,
    ) -> Result<R, Error> {
        with_participant(|me| work(&self.0, me))
    }
}

impl Drop for Attachment {
    fn drop(&mut self) {
        if let Err(error) = self.with(|queue, me| queue.detach(me)) {
            tracing::warn!(%error, handle = %self.0.handle(), "a queue could not be let go of");
        }
    }
}
