//! Shared objects that go along with a task or its result while it lies in the owner's memory.

use procession_arena::{Error, Handle, Participant};

use crate::with_participant;

/// A hold on each of some objects, until it is dropped.
#[derive(Debug, Default)]
pub(super) struct Held(Vec<Handle>);

impl Held {
    /// Takes hold of what the caller holds as well.
    pub(super) fn attach(me: &Participant, handles: &[Handle]) -> Result<Held, Error> {
        let mut held = Held(Vec::with_capacity(handles.len()));
        for &handle in handles {
            me.attach(handle)?;
            held.0.push(handle);
        }
        Ok(held)
    }

    /// Takes over the holds that came with a message.
    pub(super) fn received(handles: Vec<Handle>) -> Held {
        Held(handles)
    }

    pub(super) fn handles(&self) -> &[Handle] {
        &self.0
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.0.is_empty() {
            return;
        }
        let let_go = |me: &Participant| self.0.iter().try_for_each(|&handle| me.detach(handle));
        if let Err(error) = with_participant::<_, Error>(let_go) {
            tracing::warn!(%error, "objects that came with a task could not be let go of");
        }
    }
}
