//! A barrier that breaks whenever one of those who wait is killed or gives up.

use std::time::Duration;

use procession::{Barrier, SharedError};
use serde::{Deserialize, Serialize};

use super::ledger::{Entry, Ledger};
use crate::Outcome;
use crate::random::Random;

/// Few enough for them to come together by chance.
pub(super) const PARTIES: usize = 3;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Meeting {
    barrier: Barrier,
}

impl Meeting {
    pub(super) fn new() -> Outcome<Meeting> {
        Ok(Meeting {
            barrier: Barrier::new(PARTIES)?,
        })
    }

    pub(super) fn act(&self, random: &mut Random, ledger: &Ledger) -> Outcome<()> {
        let met = match random.below(4) {
            0 => self.barrier.wait(),
            1 => self.barrier.wait_with(|| random.linger()),
            _ => self.barrier.wait_timeout(Duration::from_millis(20)),
        };
        match met {
            Ok(turn) => Ok(ledger.add_through(Entry::FirstThrough, turn.index())?),
            Err(SharedError::TimedOut) => Ok(()),
            Err(SharedError::BrokenBarrier) => {
                if self.barrier.is_broken()? {
                    self.barrier.reset()?;
                }
                Ok(())
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Sends away those who wait without a limit, when nobody comes any more.
    pub(super) fn end(&self) -> Outcome<()> {
        Ok(self.barrier.abort()?)
    }

    /// If one comes through all do, but for those killed before they could say so.
    pub(super) fn finish(&self, ledger: &Ledger, kills: u64) -> Outcome<u64> {
        let mut through = [0; PARTIES];
        for (place, count) in through.iter_mut().enumerate() {
            *count = ledger.count_through(Entry::FirstThrough, place)?;
        }
        let (most, least) = (through.iter().max(), through.iter().min());
        match (most, least) {
            (Some(most), Some(least)) if most - least <= kills => Ok(*most),
            _ => Err(format!("through the barrier came, by place: {through:?}").into()),
        }
    }
}
