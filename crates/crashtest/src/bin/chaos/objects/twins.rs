//! A dict of pairs whose two values are equal, since both are set by one `extend`, without any lock.

use procession::Dict;
use serde::{Deserialize, Serialize};

use crate::Outcome;
use crate::random::Random;

const PAIRS: u64 = 30;
/// So many are set at a time: first one half of each, then the others.
const AT_ONCE: u64 = 12;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Twins {
    dict: Dict<u64, u64>,
}

impl Twins {
    pub(super) fn new() -> Outcome<Twins> {
        Ok(Twins { dict: Dict::new()? })
    }

    pub(super) fn act(&self, random: &mut Random) -> Outcome<()> {
        match random.below(64) {
            0..8 => self.check(),
            8 => Ok(self.dict.clear()?),
            _ => {
                let (first, number) = (random.below(PAIRS), random.below(1 << 32));
                let half = |from: u64| {
                    (first..first + AT_ONCE).map(move |pair| (from + pair % PAIRS, number))
                };
                Ok(self.dict.extend(half(0).chain(half(PAIRS)))?)
            }
        }
    }

    /// True at any time, since a snapshot is of one moment.
    pub(super) fn check(&self) -> Outcome<()> {
        let numbers = self.dict.to_map()?;
        let differs = |pair: &u64| numbers.get(pair) != numbers.get(&(pair + PAIRS));
        match (0..PAIRS).find(differs) {
            None => Ok(()),
            Some(pair) => Err(format!("a part of an `extend`, at {pair}: {numbers:?}").into()),
        }
    }
}
