//! What a barrier does for the dead: it breaks, since they will never come.

use procession_arena::{AtWork, Participant, Result, ThreadToken};

use super::layout::{self, Header};
use super::state::{Phase, Stage};
use super::{Barrier, operation};
use crate::under_way::UnderWay;

impl Barrier {
    /// Breaks the barrier if one of those who take part is dead, then wakes everybody.
    ///
    /// May be repeated: the phase that a dead thread took part in is over then.
    pub(super) fn recover(&self, me: &Participant) -> Result<()> {
        let header = self.header(me)?;
        // The lock must not name the dead any more.
        drop(layout::lock(header).acquire(me, || Ok(()))?);
        self.break_for_the_dead(me)?;
        layout::waiters(header).notify_all();
        Ok(())
    }

    /// As [`recover`](Self::recover), after the end of a process that may have been the last to arrive.
    ///
    /// Announced, since nobody who repeats it would find anything left to break, and wake for.
    pub(super) fn break_for_the_gone(&self, me: &Participant) -> Result<()> {
        let _under_way = UnderWay::begin(me, operation::BREAK, self.object.handle)?;
        self.break_for_the_dead(me)
    }

    /// Breaks the barrier if one of those who take part is dead.
    fn break_for_the_dead(&self, me: &Participant) -> Result<()> {
        let header = self.header(me)?;
        let found = self.state(header);
        let is_hopeless = match found.stage {
            Stage::Broken => false,
            Stage::Gathering(_) => self.somebody_died_in(me, found.phase)?,
            Stage::Acting => {
                self.actor_is_dead(me, header)? || self.somebody_died_in(me, found.phase)?
            }
        };
        if is_hopeless {
            self.break_phase(me, header, found.phase)?;
        }
        Ok(())
    }

    /// Whether one who has come, or was about to, was killed.
    pub(super) fn somebody_died_in(&self, me: &Participant, phase: Phase) -> Result<bool> {
        let mut died = false;
        self.for_each_in(me, phase, |thread| died |= thread.is_dead)?;
        Ok(died)
    }

    /// Calls `visit` with each thread that takes part in the phase, in the order of their slots.
    pub(super) fn for_each_in(
        &self,
        me: &Participant,
        phase: Phase,
        mut visit: impl FnMut(AtWork<'_>),
    ) -> Result<()> {
        me.arena().for_each_thread_on(self.object.handle, |thread| {
            if thread.operation == operation::ARRIVE && thread.count == phase.pack() {
                visit(thread);
            }
            Ok(())
        })
    }

    /// Who acts, if the state says that somebody does.
    pub(super) fn actor(&self, header: Header<'_>) -> Result<Option<ThreadToken>> {
        ThreadToken::from_bits(header.word32::<{ layout::ACTOR }>().load())
    }

    /// Whether the thread that is to release the others never will.
    pub(super) fn actor_is_dead(&self, me: &Participant, header: Header<'_>) -> Result<bool> {
        match self.actor(header)? {
            Some(actor) => me.arena().is_dead(actor),
            None => Ok(false),
        }
    }
}
