//! A child's slot before there is a child.

use procession_arena::{Error, Participant, ProcessId};

/// A slot of the session for a child that does not exist yet; given back if it never does.
pub(super) struct Reservation<'a> {
    me: &'a Participant,
    pub(super) process: ProcessId,
    is_kept: bool,
}

impl<'a> Reservation<'a> {
    pub(super) fn new(me: &'a Participant) -> Result<Reservation<'a>, Error> {
        Ok(Reservation {
            me,
            process: me.reserve_process()?,
            is_kept: false,
        })
    }

    /// There is a child now: it has the slot.
    pub(super) fn keep(mut self) -> ProcessId {
        self.is_kept = true;
        self.process
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        // The error that led here is the one to tell; a slot that cannot be given back stays
        // taken until this process ends.
        let _ = self.me.process_ended(self.process);
        let _ = self.me.forget_process(self.process);
    }
}
