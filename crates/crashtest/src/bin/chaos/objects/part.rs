//! The parts of what participants do.

use procession::{SharedArray, SharedError};
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::random::Random;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Bank,
    Twins,
    Counters,
    Shuffled,
    Pushes,
    Nested,
    Texts,
    Exclusion,
    Seats,
    Uniform,
    Meeting,
    Signals,
    Hosted,
}

impl Part {
    /// What makes others wait is rarer than what does not.
    pub(super) fn any(random: &mut Random) -> Part {
        match random.below(40) {
            0..2 => Part::Bank,
            2..7 => Part::Twins,
            7..12 => Part::Counters,
            12..17 => Part::Shuffled,
            17..21 => Part::Pushes,
            21..26 => Part::Nested,
            26..31 => Part::Texts,
            31..33 => Part::Exclusion,
            33 => Part::Seats,
            34 => Part::Uniform,
            35 => Part::Meeting,
            36..39 => Part::Signals,
            _ => Part::Hosted,
        }
    }
}

/// Which part each participant is at, or was at when it was killed.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Whereabouts {
    /// By place.
    parts: SharedArray<u8>,
}

impl Whereabouts {
    pub(super) fn new(places: usize) -> Outcome<Whereabouts> {
        Ok(Whereabouts {
            parts: SharedArray::new(places, 0)?,
        })
    }

    pub(super) fn go_to(&self, place: usize, part: Part) -> Result<(), SharedError> {
        self.parts.set(place, part as u8)
    }

    pub(super) fn number_of_part(&self, place: usize) -> Result<usize, SharedError> {
        Ok(self.parts.get(place)?.into())
    }
}

/// How many were killed, in each part.
#[derive(Default)]
pub(super) struct Kills([u64; Part::Hosted as usize + 1]);

impl Kills {
    pub(super) fn count(&mut self, part: usize) {
        if let Some(kills) = self.0.get_mut(part) {
            *kills += 1;
        }
    }

    pub(super) fn in_part(&self, part: Part) -> u64 {
        self.0[part as usize]
    }
}
