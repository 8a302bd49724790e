//! How long a thread looks before it sleeps.
//!
//! A fixed spin is wrong twice: with more processes than processors it steals the time in which
//! the awaited thread could run, and in a stream it makes the consumer ride at the producer's
//! heels (measured: 25-38 M messages a second without a spin, 9-10 M with one). So a thread spins
//! only in the midst of a *conversation* — it has notified somebody since its last wait, which a
//! mere consumer never does — and only while the other side last ran on another processor. In a
//! stream it looks a few times at long intervals: often enough to spare both sides the sleep and
//! the wake, seldom enough not to fight for the cache line. Either budget doubles when looking
//! paid off and halves when it did not.

use std::cell::Cell;

use crate::error::Result;
use crate::event::Event;
use crate::registry::{Participant, ThreadToken};
use crate::sys::current_processor;

/// Looks at the condition in a row, at most: about the cost of one wake-up.
const MOST: u32 = 2048;
/// The budget never falls below this while the rules above allow spinning: enough to notice that
/// conditions have become better.
const LEAST: u32 = 16;
/// Pauses between two looks.
const PAUSES: u32 = 4;
/// Pauses between two looks at a stream: about a microsecond, in which the other side gets some
/// way ahead, so that the cache line between the two changes hands once for many items.
const STREAM_PAUSES: u32 = 64;
/// Looks at a stream in a row, at most.
const MOST_STREAM_LOOKS: u32 = 8;

/// A thread's own experience with spinning. Private memory.
#[derive(Debug)]
pub(crate) struct SpinBudget {
    looks: Cell<u32>,
    stream_looks: Cell<u32>,
    /// Who is expected to answer; nobody if this thread has not spoken since its last wait.
    partner: Cell<Option<ThreadToken>>,
    spoke: Cell<bool>,
}

impl Default for SpinBudget {
    fn default() -> SpinBudget {
        SpinBudget {
            looks: Cell::new(MOST / 2),
            stream_looks: Cell::new(1),
            partner: Cell::new(None),
            spoke: Cell::new(false),
        }
    }
}

impl Participant {
    /// Notes that this thread has given somebody something to do.
    #[inline]
    pub fn spoke(&self) {
        self.spin.spoke.set(true);
    }

    /// Notes who gave this thread something last, as the one who will answer: the bits of a
    /// [`ThreadToken`], zero if nobody did.
    #[inline]
    pub fn heard(&self, from: u32) {
        self.spin
            .partner
            .set(ThreadToken::from_bits(from).ok().flatten());
    }

    /// Lets others know on which processor this thread runs.
    pub(super) fn publish_processor(&self) -> Result<()> {
        self.slot()?.processor().store(current_processor());
        Ok(())
    }

    /// How often to look now.
    fn looks(&self) -> Result<u32> {
        let in_conversation = self.spin.spoke.take();
        let Some(partner) = self.spin.partner.get().filter(|_| in_conversation) else {
            return Ok(0);
        };
        let here = current_processor();
        self.slot()?.processor().store(here);
        match self.arena().processor_of(partner)? == here {
            true => Ok(0),
            false => Ok(self.spin.looks.get()),
        }
    }
}

impl Event<'_> {
    pub(super) fn spin<T>(
        self,
        me: &Participant,
        ready: &mut impl FnMut() -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        match me.looks()? {
            0 => self.look(
                me.spin.stream_looks.get(),
                STREAM_PAUSES,
                ready,
                |found, looks| {
                    let next = if found { looks * 2 } else { looks / 2 };
                    me.spin.stream_looks.set(next.clamp(1, MOST_STREAM_LOOKS));
                },
            ),
            looks => self.look(looks, PAUSES, ready, |found, looks| {
                let next = if found { looks * 2 } else { looks / 2 };
                me.spin.looks.set(next.clamp(LEAST, MOST));
            }),
        }
    }

    fn look<T>(
        self,
        looks: u32,
        pauses: u32,
        ready: &mut impl FnMut() -> Result<Option<T>>,
        learn: impl FnOnce(bool, u32),
    ) -> Result<Option<T>> {
        for _ in 0..crate::mem::looks(looks) {
            for _ in 0..pauses {
                std::hint::spin_loop();
            }
            if let Some(value) = ready()? {
                learn(true, looks);
                return Ok(Some(value));
            }
        }
        learn(false, looks);
        Ok(None)
    }
}
