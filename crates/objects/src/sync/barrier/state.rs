//! The state word of a barrier, taken apart.

const ARRIVED_BITS: u32 = 16;
const ROUND_BITS: u32 = 28;
const EPOCH_BITS: u32 = 20;
/// Stands for how many have arrived in a barrier that is broken. A session never has so many threads.
const BROKEN: u16 = u16::MAX;

/// For how many epochs it is kept when they ended. A power of two.
pub(super) const EPOCHS_KEPT: u32 = 32;

const _: () = assert!(ARRIVED_BITS + ROUND_BITS + EPOCH_BITS == u64::BITS);

/// One gathering of the parties. The round goes up when they are released, the epoch when they are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Phase {
    pub(super) epoch: u32,
    pub(super) round: u32,
}

/// What a phase has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// So many have arrived and wait for the others.
    Gathering(u16),
    /// All have arrived, and the last of them does something before the others go on.
    Acting,
    /// Nobody can arrive until it is reset.
    Broken,
}

/// The state word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) stage: Stage,
}

impl Phase {
    /// The phase as it stands in intents.
    pub(super) fn pack(self) -> u64 {
        u64::from(self.epoch) << ROUND_BITS | u64::from(self.round)
    }

    /// The next one after this was released.
    pub(super) fn next_round(self) -> Phase {
        Phase {
            round: (self.round + 1) & ((1 << ROUND_BITS) - 1),
            ..self
        }
    }

    /// The next one after this was broken.
    pub(super) fn next_epoch(self) -> Phase {
        Phase {
            epoch: (self.epoch + 1) & ((1 << EPOCH_BITS) - 1),
            round: 0,
        }
    }

    /// How many epochs later `now` is.
    pub(super) fn epochs_until(self, now: Phase) -> u32 {
        now.epoch.wrapping_sub(self.epoch) & ((1 << EPOCH_BITS) - 1)
    }
}

impl State {
    pub(super) fn unpack(word: u64, parties: u16) -> State {
        let high = word >> ARRIVED_BITS;
        State {
            phase: Phase {
                epoch: (high >> ROUND_BITS) as u32,
                round: high as u32 & ((1 << ROUND_BITS) - 1),
            },
            stage: match word as u16 {
                BROKEN => Stage::Broken,
                arrived if arrived < parties => Stage::Gathering(arrived),
                _ => Stage::Acting,
            },
        }
    }

    pub(super) fn pack(self, parties: u16) -> u64 {
        let arrived = match self.stage {
            Stage::Gathering(arrived) => arrived,
            Stage::Acting => parties,
            Stage::Broken => BROKEN,
        };
        self.phase.pack() << ARRIVED_BITS | u64::from(arrived)
    }

    /// Nobody has come yet.
    pub(super) fn empty(phase: Phase) -> State {
        State {
            phase,
            stage: Stage::Gathering(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked() {
        let (epoch, round) = ((1 << EPOCH_BITS) - 1, (1 << ROUND_BITS) - 1);
        for phase in [Phase { epoch: 0, round }, Phase { epoch, round: 0 }] {
            for stage in [
                Stage::Gathering(0),
                Stage::Gathering(6),
                Stage::Acting,
                Stage::Broken,
            ] {
                let state = State { phase, stage };
                assert_eq!(State::unpack(state.pack(7), 7), state);
            }
        }
    }

    #[test]
    fn numbers_begin_anew_after_the_last() {
        let (epoch, round) = ((1 << EPOCH_BITS) - 1, (1 << ROUND_BITS) - 1);
        let last = Phase { epoch, round };
        assert_eq!(last.next_round(), Phase { epoch, round: 0 });
        assert_eq!(last.next_epoch(), Phase { epoch: 0, round: 0 });
        assert_eq!(last.epochs_until(last.next_epoch().next_epoch()), 2);
    }
}
