//! Arriving, and letting the others go on.

use procession_arena::{Error, Intent, Participant, Result, Wait};

use super::layout::{self, Header};
use super::state::{Phase, Stage, State};
use super::turn::{LastTurn, Turn};
use super::{ALL, Barrier, operation};
use crate::under_way::UnderWay;

/// In the intent of a thread that takes part in no phase yet.
const NO_PHASE: u64 = u64::MAX;

/// What the last to arrive is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AsLast {
    Release,
    Act,
}

/// What came of trying to arrive.
enum Attempt {
    /// This thread has come, and waits.
    Waits { phase: Phase, index: u16 },
    /// It was the last, and all the others go on.
    Released,
    /// It was the last, and all the others wait for it.
    Acts(Phase),
    /// Another one acts, so that the next phase has not begun.
    TooEarly(Phase),
    /// It would have had to wait, and was not to.
    WouldWait,
}

impl Barrier {
    /// Waits until all have come; returns how many had come before this thread.
    ///
    /// With [`Wait::Never`] it takes no part unless it is the last.
    ///
    /// # Errors
    ///
    /// - [`Error::BrokenBarrier`] if the barrier is broken, or breaks while this waits;
    /// - [`Error::TimedOut`]; if this thread had arrived by then, the barrier breaks.
    ///
    /// # If a process dies
    ///
    /// One that waits: the barrier breaks.
    pub fn wait(&self, me: &Participant, wait: Wait) -> Result<u16> {
        match self.come(me, wait, AsLast::Release)? {
            Turn::Through { index } => Ok(index),
            Turn::Last(turn) => self.release(me, turn).map(|()| self.parties - 1),
        }
    }

    /// As [`wait`](Self::wait), but the last to arrive may do something before the others go on.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    ///
    /// # If a process dies
    ///
    /// One that waits, or the last one before it releases the others: the barrier breaks.
    pub fn arrive(&self, me: &Participant, wait: Wait) -> Result<Turn> {
        self.come(me, wait, AsLast::Act)
    }

    /// Lets the others go on, for the last to arrive.
    ///
    /// # Errors
    ///
    /// [`Error::BrokenBarrier`] if the barrier broke meanwhile, or was reset.
    pub fn release(&self, me: &Participant, turn: LastTurn) -> Result<()> {
        let _under_way = UnderWay::begin(me, operation::RELEASE, self.object.handle)?;
        let header = self.header(me)?;
        let acting = State {
            phase: turn.phase,
            stage: Stage::Acting,
        };
        match self.replace(header, acting, State::empty(turn.phase.next_round())) {
            true => {
                layout::waiters(header).notify(ALL);
                Ok(())
            }
            false => Err(Error::BrokenBarrier),
        }
    }

    fn come(&self, me: &Participant, wait: Wait, as_last: AsLast) -> Result<Turn> {
        // First: what it held before must not pass for a phase of this barrier.
        me.intent()?.set_count(NO_PHASE);
        let under_way = UnderWay::begin(me, operation::ARRIVE, self.object.handle)?;
        let header = self.header(me)?;
        let last = Turn::Through {
            index: self.parties - 1,
        };
        loop {
            match self.try_to_arrive(me, header, under_way.intent, wait, as_last)? {
                Attempt::Waits { phase, index } => {
                    return self
                        .wait_for_others(me, header, phase, wait)
                        .map(|()| Turn::Through { index });
                }
                Attempt::Released => {
                    layout::waiters(header).notify(ALL);
                    return Ok(last);
                }
                Attempt::Acts(phase) => return Ok(Turn::Last(LastTurn { phase })),
                Attempt::TooEarly(phase) => {
                    self.until_over(me, header, phase, wait)?
                        .ok_or(Error::TimedOut)?;
                }
                Attempt::WouldWait => return Err(Error::TimedOut),
            }
        }
    }

    /// Arrives, unless the present state does not allow it.
    fn try_to_arrive(
        &self,
        me: &Participant,
        header: Header<'_>,
        intent: Intent<'_>,
        wait: Wait,
        as_last: AsLast,
    ) -> Result<Attempt> {
        loop {
            let found = self.state(header);
            let phase = found.phase;
            let index = match found.stage {
                Stage::Broken => return Err(Error::BrokenBarrier),
                Stage::Acting => {
                    // It may have been about to take part when somebody else became the last.
                    intent.set_count(NO_PHASE);
                    return Ok(Attempt::TooEarly(phase));
                }
                Stage::Gathering(arrived) => arrived,
            };
            let is_last = index + 1 == self.parties;
            if !is_last && wait == Wait::Never {
                return Ok(Attempt::WouldWait);
            }
            if is_last && self.somebody_died_in(me, phase)? {
                self.break_phase(me, header, phase)?;
                // Broken, unless somebody has reset it meanwhile.
                continue;
            }
            intent.set_count(phase.pack());
            let next = |stage| State { phase, stage };
            match (is_last, as_last) {
                (false, _) if self.replace(header, found, next(Stage::Gathering(index + 1))) => {
                    return Ok(Attempt::Waits { phase, index });
                }
                (true, AsLast::Release)
                    if self.replace(header, found, State::empty(phase.next_round())) =>
                {
                    return Ok(Attempt::Released);
                }
                (true, AsLast::Act) if self.begin_to_act(me, header, found)? => {
                    return Ok(Attempt::Acts(phase));
                }
                // Somebody else came, or broke it.
                _ => {}
            }
        }
    }

    /// Says who acts before it is true that somebody does.
    fn begin_to_act(&self, me: &Participant, header: Header<'_>, found: State) -> Result<bool> {
        let _lock = layout::lock(header).acquire(me, || Ok(()))?;
        // Somebody else may act already, and must not be overwritten.
        if self.state(header) != found {
            return Ok(false);
        }
        header
            .word32::<{ layout::ACTOR }>()
            .store(me.token().bits());
        let acting = State {
            phase: found.phase,
            stage: Stage::Acting,
        };
        Ok(self.replace(header, found, acting))
    }
}
