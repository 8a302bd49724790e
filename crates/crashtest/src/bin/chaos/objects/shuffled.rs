//! A list whose elements change places and nothing else.

use procession::{List, SharedError};
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::random::Random;

/// More than one chunk of the list.
const ELEMENTS: u64 = 700;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Shuffled {
    elements: List<u64>,
}

impl Shuffled {
    pub(super) fn new() -> Outcome<Shuffled> {
        let elements = List::new()?;
        elements.extend(0..ELEMENTS)?;
        Ok(Shuffled { elements })
    }

    pub(super) fn act(&self, random: &mut Random) -> Outcome<()> {
        let place = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        match random.below(16) {
            0 => self.elements.sort()?,
            1 => {
                let shift = random.below(ELEMENTS);
                self.elements
                    .sort_by_key(|element| (element + shift) % ELEMENTS)?;
            }
            2 | 3 => self.elements.reverse()?,
            4 => return self.check(),
            _ => {
                let one = place(random.below(ELEMENTS));
                let other = place(random.below(ELEMENTS));
                self.elements.swap(one, other)?;
                let beyond = self.elements.swap(one, place(ELEMENTS));
                if !matches!(beyond, Err(SharedError::IndexOutOfRange { .. })) {
                    return Err(format!("a swap beyond the end: {beyond:?}").into());
                }
            }
        }
        Ok(())
    }

    /// True at any time, since a snapshot is of one moment.
    pub(super) fn check(&self) -> Outcome<()> {
        let mut elements = self.elements.to_vec()?;
        elements.sort_unstable();
        match elements.iter().copied().eq(0..ELEMENTS) {
            true => Ok(()),
            false => Err(format!("the shuffled list has become {elements:?}").into()),
        }
    }
}
