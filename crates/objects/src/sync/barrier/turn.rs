//! How a thread has come to a barrier.

use super::state::Phase;

/// How a thread has come to a barrier.
#[derive(Debug)]
pub enum Turn {
    /// Everybody has come, and goes on.
    Through {
        /// How many had come before this thread.
        index: u16,
    },
    /// This thread is the last; the others wait until it releases them.
    Last(LastTurn),
}

/// The right of the last to arrive to do something before the others go on.
///
/// It must be given to [`Barrier::release`](super::Barrier::release) or
/// [`Barrier::give_up`](super::Barrier::give_up), by any thread: until then, or until the thread that got it
/// ends, the others wait.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "the others wait until the turn is released or given up"]
pub struct LastTurn {
    pub(super) phase: Phase,
}
