//! Who holds a lock, for those who ask.

use procession_arena::sys::clock::coarse_now;
use procession_arena::{Participant, Result};

use super::{Ownership, SINCE};
use crate::sync::holder::{Hold, Holder, Owner, State};

/// Looks at a holder that keeps changing, before it counts as held by somebody or other.
const LOOKS: u32 = 8;

impl Ownership<'_> {
    /// The hold that this thread's process has of it.
    pub(in crate::sync) fn hold_of_process_of(self, me: &Participant) -> Result<Option<Hold>> {
        let word = self.holder_word().load();
        Ok(match State::unpack(word)? {
            State::Held(owner) if owner.is_of(me.process()) => Some(Hold::from_word(word)),
            State::Held(_) | State::Free | State::Abandoned { .. } => None,
        })
    }

    /// The living holder.
    pub(in crate::sync) fn owner(self, me: &Participant) -> Result<Option<Owner>> {
        match self.state()? {
            State::Held(owner) if !self.has_ended(me, owner)? => Ok(Some(owner)),
            State::Held(_) | State::Free | State::Abandoned { .. } => Ok(None),
        }
    }

    /// Who holds it, and since when.
    pub(in crate::sync) fn holder(self, me: &Participant) -> Result<Option<Holder>> {
        for _ in 0..LOOKS {
            let before = self.holder_word().load();
            let since = match self.line.word64::<SINCE>().load() {
                // Taken or released at this very moment.
                0 => coarse_now(),
                since => since,
            };
            let Some(owner) = self.owner(me)? else {
                return Ok(None);
            };
            let pid = owner.pid(me.arena())?;
            if self.holder_word().load() == before {
                return Ok(Some(Holder { pid, since }));
            }
        }
        let pid = match self.owner(me)? {
            Some(owner) => owner.pid(me.arena())?,
            None => return Ok(None),
        };
        Ok(Some(Holder {
            pid,
            since: coarse_now(),
        }))
    }
}
