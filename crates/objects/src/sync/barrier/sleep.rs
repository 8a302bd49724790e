//! Waiting until a phase is over, and watching those on whom it depends.

use procession_arena::{Error, Participant, Result, ThreadToken, Wait};

use super::Barrier;
use super::layout::{self, Header};
use super::state::{Phase, Stage};

impl Barrier {
    /// Sleeps until the phase is over, in which this thread has arrived; breaks it if time is over first.
    pub(super) fn wait_for_others(
        &self,
        me: &Participant,
        header: Header<'_>,
        phase: Phase,
        wait: Wait,
    ) -> Result<()> {
        let over = self.until_over(me, header, phase, wait)?;
        if over.is_none() && self.break_phase(me, header, phase)? {
            return Err(Error::TimedOut);
        }
        match self.was_released(me, header, phase)? {
            true => Ok(()),
            false => Err(Error::BrokenBarrier),
        }
    }

    /// Sleeps until the phase is over, in whichever way.
    pub(super) fn until_over(
        &self,
        me: &Participant,
        header: Header<'_>,
        phase: Phase,
        wait: Wait,
    ) -> Result<Option<()>> {
        me.heard(0);
        let is_over = || {
            let now = self.state(header);
            if now.phase == phase && now.stage == Stage::Acting && self.actor_is_dead(me, header)? {
                self.break_phase(me, header, phase)?;
            }
            Ok((self.state(header).phase != phase).then_some(()))
        };
        let watched = || self.whom_to_watch(me, header, phase);
        layout::waiters(header).wait_for_watching(me, wait, watched, is_over)
    }

    /// Who acts, or the one before this thread among those who wait, in a ring.
    fn whom_to_watch(
        &self,
        me: &Participant,
        header: Header<'_>,
        phase: Phase,
    ) -> Result<Option<ThreadToken>> {
        if self.state(header).stage == Stage::Acting {
            return self.actor(header);
        }
        let (mut before, mut last, mut passed) = (None, None, false);
        self.for_each_in(me, phase, |thread| {
            passed |= thread.token == me.token();
            if thread.token != me.token() {
                match passed {
                    false => before = Some(thread.token),
                    true => last = Some(thread.token),
                }
            }
        })?;
        Ok(before.or(last))
    }
}
