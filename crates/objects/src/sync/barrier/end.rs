//! How a phase ends other than by everybody's coming.

use procession_arena::{Participant, Result};

use super::layout::{self, Header};
use super::state::{EPOCHS_KEPT, Phase, Stage, State};
use super::turn::LastTurn;
use super::{ALL, Barrier, operation};
use crate::under_way::UnderWay;

impl Barrier {
    /// Breaks the barrier: whoever waits is sent away, and whoever comes, until it is reset.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt) if the session is damaged.
    pub fn abort(&self, me: &Participant) -> Result<()> {
        let _under_way = UnderWay::begin(me, operation::BREAK, self.object.handle)?;
        self.end_epoch(me, self.header(me)?, |found| match found.stage {
            Stage::Broken => None,
            Stage::Gathering(_) | Stage::Acting => Some(broken_after(found.phase)),
        })
        .map(drop)
    }

    /// Breaks the barrier instead of releasing the others, for the last to arrive.
    ///
    /// Does nothing if it broke meanwhile, or was reset.
    ///
    /// # Errors
    ///
    /// As [`abort`](Self::abort).
    pub fn give_up(&self, me: &Participant, turn: LastTurn) -> Result<()> {
        let _under_way = UnderWay::begin(me, operation::BREAK, self.object.handle)?;
        self.break_phase(me, self.header(me)?, turn.phase).map(drop)
    }

    /// Makes the barrier as good as new: whoever waits is sent away as if it broke.
    ///
    /// # Errors
    ///
    /// As [`abort`](Self::abort).
    pub fn reset(&self, me: &Participant) -> Result<()> {
        let _under_way = UnderWay::begin(me, operation::RESET, self.object.handle)?;
        self.end_epoch(me, self.header(me)?, |found| match found.stage {
            Stage::Gathering(0) => None,
            Stage::Broken => Some(State::empty(found.phase)),
            Stage::Gathering(_) | Stage::Acting => Some(State::empty(found.phase.next_epoch())),
        })
        .map(drop)
    }

    /// Breaks the barrier if it still is in that phase; says whether it was.
    pub(super) fn break_phase(
        &self,
        me: &Participant,
        header: Header<'_>,
        phase: Phase,
    ) -> Result<bool> {
        self.end_epoch(me, header, |found| {
            let is_present = found.phase == phase && found.stage != Stage::Broken;
            is_present.then(|| broken_after(phase))
        })
    }

    /// Goes on to the state that `next` chooses, if it chooses one, and wakes everybody.
    ///
    /// When the epoch ended is written first. Only who holds the lock ends an epoch, so what is written for
    /// the present one is not yet read by anybody.
    fn end_epoch(
        &self,
        me: &Participant,
        header: Header<'_>,
        next: impl Fn(State) -> Option<State>,
    ) -> Result<bool> {
        let lock = layout::lock(header).acquire(me, || Ok(()))?;
        loop {
            let found = self.state(header);
            let Some(state) = next(found) else {
                return Ok(false);
            };
            if state.phase.epoch != found.phase.epoch {
                layout::ended(me.arena(), header, found.phase)?.store(found.phase.round);
            }
            // Others arrive without the lock.
            if self.replace(header, found, state) {
                break;
            }
        }
        drop(lock);
        layout::waiters(header).notify(ALL);
        Ok(true)
    }

    /// Whether a phase that is over ended by everybody's coming.
    pub(super) fn was_released(
        &self,
        me: &Participant,
        header: Header<'_>,
        phase: Phase,
    ) -> Result<bool> {
        if self.state(header).phase.epoch == phase.epoch {
            return Ok(true);
        }
        let _lock = layout::lock(header).acquire(me, || Ok(()))?;
        let epochs = phase.epochs_until(self.state(header).phase);
        // Whoever slept through more than are remembered has missed many breaks; his was one of them.
        Ok(epochs < EPOCHS_KEPT && layout::ended(me.arena(), header, phase)?.load() != phase.round)
    }
}

fn broken_after(phase: Phase) -> State {
    State {
        phase: phase.next_epoch(),
        stage: Stage::Broken,
    }
}

#[cfg(test)]
mod tests {
    use procession_arena::{Arena, ArenaConfig, Participant, Wait};

    use super::*;

    fn alone() -> Result<(Participant, Barrier)> {
        let config = ArenaConfig {
            memory_cap: 4 << 20,
            max_processes: 1,
            max_threads: 2,
        };
        let arena = Arena::create(&config, crate::KINDS)?;
        let me = arena.register_thread(arena.register_root()?)?;
        let barrier = Barrier::create(&me, 1)?;
        Ok((me, barrier))
    }

    /// Somebody may sleep on while others gather, break the barrier and reset it again and again.
    #[test]
    fn whoever_looks_late_learns_how_his_own_phase_ended() -> Result<()> {
        let (me, barrier) = alone()?;
        let header = barrier.header(&me)?;
        let released = barrier.state(header).phase;
        barrier.wait(&me, Wait::Never)?;
        let broken = barrier.state(header).phase;
        for epochs in 0..2 * EPOCHS_KEPT {
            // Who has missed too many is told the worse.
            let is_known = epochs < EPOCHS_KEPT;
            assert_eq!(barrier.was_released(&me, header, released)?, is_known);
            barrier.abort(&me)?;
            assert!(!barrier.was_released(&me, header, broken)?);
            barrier.reset(&me)?;
            barrier.wait(&me, Wait::Never)?;
        }
        Ok(())
    }
}
