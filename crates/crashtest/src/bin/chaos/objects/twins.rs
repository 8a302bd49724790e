//! A dict whose values are all equal, since all are set by one `extend`, without any lock.

use procession::Dict;
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::random::Random;

const KEYS: u64 = 40;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Twins {
    dict: Dict<u64, u64>,
}

impl Twins {
    pub(super) fn new() -> Outcome<Twins> {
        Ok(Twins { dict: Dict::new()? })
    }

    pub(super) fn act(&self, random: &mut Random) -> Outcome<()> {
        match random.below(8) {
            0 => self.check(),
            1 => Ok(self.dict.clear()?),
            _ => {
                let (first, number) = (random.below(KEYS), random.below(1 << 32));
                let keys = (first..first + KEYS).map(|key| key % KEYS);
                Ok(self.dict.extend(keys.map(|key| (key, number)))?)
            }
        }
    }

    /// True at any time, since a snapshot is of one moment.
    pub(super) fn check(&self) -> Outcome<()> {
        let numbers = self.dict.values()?;
        let is_whole = numbers.is_empty() || numbers.len() as u64 == KEYS;
        match is_whole && numbers.iter().all(|number| *number == numbers[0]) {
            true => Ok(()),
            false => Err(format!("a part of an `extend`: {numbers:?}").into()),
        }
    }
}
