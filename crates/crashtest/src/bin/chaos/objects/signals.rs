//! A condition and an event, waited for with a limit.

use procession::{Condition, Event, Lock, LockGuard, SharedError, Value};
use serde::{Deserialize, Serialize};

use super::ledger::{Entry, Ledger};
use crate::Outcome;
use crate::random::Random;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Signals {
    condition: Condition,
    /// Things there are; one word, so that a death under the lock leaves nothing to put right.
    things: Value<u64>,
    event: Event,
}

impl Signals {
    pub(super) fn new() -> Outcome<Signals> {
        Ok(Signals {
            condition: Condition::new(&Lock::new()?)?,
            things: Value::new(0)?,
            event: Event::new()?,
        })
    }

    pub(super) fn act(&self, random: &mut Random, ledger: &Ledger) -> Outcome<()> {
        match random.below(10) {
            0..4 => self.make(random, ledger),
            4..8 => self.take(random, ledger),
            8 => match random.below(2) {
                0 => Ok(self.event.set()?),
                _ => Ok(self.event.clear()?),
            },
            _ => match self.event.wait_timeout(random.moment()) {
                Ok(()) | Err(SharedError::TimedOut) => Ok(()),
                Err(error) => Err(error.into()),
            },
        }
    }

    fn enter(&self) -> Result<LockGuard<'_>, SharedError> {
        self.condition.lock().or_else(|error| error.into_guard())
    }

    fn make(&self, random: &mut Random, ledger: &Ledger) -> Outcome<()> {
        let _guard = self.enter()?;
        self.things.fetch_add(1)?;
        ledger.add(Entry::Made)?;
        match random.below(4) {
            0 => drop(self.condition.notify_all()?),
            _ => drop(self.condition.notify_one()?),
        }
        Ok(())
    }

    fn take(&self, random: &mut Random, ledger: &Ledger) -> Outcome<()> {
        let guard = self.enter()?;
        let are_there = || self.things.get().is_ok_and(|things| things > 0);
        let timeout = random.moment();
        let waited = self.condition.wait_for_timeout(guard, timeout, are_there);
        let _guard = match waited {
            Ok((guard, _)) => guard,
            Err(error) => error.into_guard()?,
        };
        if are_there() {
            self.things.fetch_sub(1)?;
            ledger.add(Entry::Taken)?;
        }
        Ok(())
    }

    pub(super) fn finish(&self, ledger: &Ledger, kills: u64) -> Outcome<()> {
        let (made, taken) = (ledger.count(Entry::Made)?, ledger.count(Entry::Taken)?);
        let things = self.things.get()?;
        match (things + taken).abs_diff(made) <= kills {
            true => Ok(()),
            false => Err(format!("{made} made, {taken} taken, but {things} are there").into()),
        }
    }
}
