//! Which of the parties a thread was.

/// How a thread came through a [`Barrier`](crate::Barrier).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarrierTurn {
    index: u16,
    is_last: bool,
}

impl BarrierTurn {
    pub(super) fn new(index: u16, parties: u16) -> BarrierTurn {
        BarrierTurn {
            index,
            is_last: index.checked_add(1) == Some(parties),
        }
    }

    /// How many came before this thread: another number for each, from zero.
    pub fn index(self) -> usize {
        self.index.into()
    }

    /// Whether this thread was the last to come; exactly one of them was.
    pub fn is_last(self) -> bool {
        self.is_last
    }
}
