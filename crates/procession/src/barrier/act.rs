//! What the last to come does before the others go on.

use procession_arena::Wait;
use procession_objects::{LastTurn, Turn};

use super::{Barrier, BarrierTurn};
use crate::SharedError;

impl Barrier {
    /// Waits until all have come; the last one then calls `action` before anybody goes on.
    ///
    /// Each thread brings its own `action`, and that of the last one is called. (It is not given once and for
    /// all when the barrier is created, as in other languages, since code does not travel from process to
    /// process: each has it already. And so the action may use what the thread has at hand.)
    ///
    /// If the action finds that the others must not go on, it calls [`abort`](Self::abort).
    ///
    /// # Errors
    ///
    /// As [`wait`](Barrier::wait).
    ///
    /// # Panics
    ///
    /// If `action` panics; the barrier breaks then.
    ///
    /// # If a process dies
    ///
    /// One of those who wait, or the last one within `action`: the barrier breaks.
    ///
    /// # Examples
    ///
    /// ```
    /// let barrier = procession::Barrier::new(1)?;
    /// let mut rounds = 0;
    /// barrier.wait_with(|| rounds += 1)?;
    /// assert_eq!(rounds, 1);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn wait_with(&self, action: impl FnOnce()) -> Result<BarrierTurn, SharedError> {
        let parties = self.attachment.object().parties();
        let arrived = self
            .attachment
            .with(|barrier, me| barrier.arrive(me, Wait::Forever))?;
        match arrived {
            Turn::Through { index } => Ok(BarrierTurn::new(index, parties)),
            Turn::Last(turn) => {
                let acting = Acting {
                    barrier: self,
                    turn: Some(turn),
                };
                action();
                acting.release()?;
                Ok(BarrierTurn::new(parties - 1, parties))
            }
        }
    }
}

/// The others wait; if this is dropped without [`release`](Self::release), they do so in vain, and are told.
struct Acting<'a> {
    barrier: &'a Barrier,
    turn: Option<LastTurn>,
}

impl Acting<'_> {
    fn release(mut self) -> Result<(), SharedError> {
        match self.turn.take() {
            Some(turn) => Ok(self
                .barrier
                .attachment
                .with(|barrier, me| barrier.release(me, turn))?),
            None => Ok(()),
        }
    }
}

impl Drop for Acting<'_> {
    fn drop(&mut self) {
        let Some(turn) = self.turn.take() else {
            return;
        };
        let attachment = &self.barrier.attachment;
        if let Err(error) = attachment.with(|barrier, me| barrier.give_up(me, turn)) {
            let handle = attachment.handle();
            tracing::warn!(%error, %handle, "a barrier could not be broken");
        }
    }
}
