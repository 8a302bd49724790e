//! What the last to come does before the others go on.

use procession_arena::Wait;
use procession_cluster::barrier::{LastTurn as LastTurnOnServer, Turn as TurnOnServer};
use procession_objects::{LastTurn, Turn};

use super::{Barrier, BarrierTurn};
use crate::SharedError;
use crate::place::Place;

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
        let turn = match &self.place {
            Place::Memory(barrier) => {
                match barrier.with(|barrier, me| barrier.arrive(me, Wait::Forever))? {
                    Turn::Through { index } => return Ok(self.turn(index)),
                    Turn::Last(turn) => Last::Memory(turn),
                }
            }
            Place::Server(barrier) => match barrier.arrive(Wait::Forever)? {
                TurnOnServer::Through { index } => return Ok(self.turn(index)),
                TurnOnServer::Last(turn) => Last::Server(turn),
            },
        };
        let acting = Acting {
            barrier: self,
            turn: Some(turn),
        };
        action();
        acting.release()?;
        Ok(self.turn(self.parties_in_16_bits() - 1))
    }

    fn release(&self, turn: Last) -> Result<(), SharedError> {
        match (&self.place, turn) {
            (Place::Memory(barrier), Last::Memory(turn)) => {
                Ok(barrier.with(|barrier, me| barrier.release(me, turn))?)
            }
            (Place::Server(_), Last::Server(turn)) => Ok(turn.release()?),
            // No turn is of another place than its barrier.
            (Place::Memory(_), Last::Server(_)) | (Place::Server(_), Last::Memory(_)) => Ok(()),
        }
    }

    fn give_up(&self, turn: Last) -> Result<(), SharedError> {
        match (&self.place, turn) {
            (Place::Memory(barrier), Last::Memory(turn)) => {
                Ok(barrier.with(|barrier, me| barrier.give_up(me, turn))?)
            }
            (Place::Server(_), Last::Server(turn)) => Ok(turn.give_up()?),
            (Place::Memory(_), Last::Server(_)) | (Place::Server(_), Last::Memory(_)) => Ok(()),
        }
    }
}

/// The turn of the last one to come, where the barrier is.
enum Last {
    Memory(LastTurn),
    Server(LastTurnOnServer),
}

/// The others wait; if this is dropped without [`release`](Self::release), they do so in vain, and are told.
struct Acting<'a> {
    barrier: &'a Barrier,
    turn: Option<Last>,
}

impl Acting<'_> {
    fn release(mut self) -> Result<(), SharedError> {
        match self.turn.take() {
            Some(turn) => self.barrier.release(turn),
            None => Ok(()),
        }
    }
}

impl Drop for Acting<'_> {
    fn drop(&mut self) {
        let Some(turn) = self.turn.take() else {
            return;
        };
        if let Err(error) = self.barrier.give_up(turn) {
            let name = self.barrier.place.name();
            tracing::warn!(%error, %name, "a barrier could not be broken");
        }
    }
}
