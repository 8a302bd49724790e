//! A condition and an event, waited for with a limit.

use procession::{Condition, Event, Lock, LockGuard, SharedError, Value};
use serde::{Deserialize, Serialize};

use super::ledger::{Entry, Ledger};
use crate::Outcome;
use crate::random::Random;

/// As many are notified at a time.
const MOST: u64 = 2;

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
        match random.below(12) {
            0..4 => self.make(random, ledger),
            4..8 => self.take(random, ledger),
            8 | 9 => Ok(self.event.set()?),
            10 => Ok(self.event.clear()?),
            _ => match random.below(4) {
                0 => Ok(self.event.wait()?),
                _ => match self.event.wait_timeout(random.moment()) {
                    Ok(()) | Err(SharedError::TimedOut) => Ok(()),
                    Err(error) => Err(error.into()),
                },
            },
        }
    }

    /// Sends away those who wait without a limit, when nobody comes any more.
    pub(super) fn end(&self) -> Outcome<()> {
        Ok(self.event.set()?)
    }

    fn enter(&self) -> Result<LockGuard<'_>, SharedError> {
        self.condition.lock().or_else(|error| error.into_guard())
    }

    fn make(&self, random: &mut Random, ledger: &Ledger) -> Outcome<()> {
        let _guard = self.enter()?;
        self.things.fetch_add(1)?;
        ledger.add(Entry::Made)?;
        for _ in 0..self.condition.notify(random.below(MOST + 1) as usize)? {
            ledger.add(Entry::Notified)?;
        }
        Ok(())
    }

    fn take(&self, random: &mut Random, ledger: &Ledger) -> Outcome<()> {
        let mut guard = self.enter()?;
        if self.things.get()? == 0 {
            match self.condition.wait_timeout(guard, random.moment()) {
                Ok((again, was_notified)) => {
                    guard = again;
                    if was_notified {
                        ledger.add(Entry::WokenUp)?;
                    }
                }
                Err(error) => guard = error.into_guard()?,
            }
        }
        if self.things.get()? > 0 {
            self.things.fetch_sub(1)?;
            ledger.add(Entry::Taken)?;
        }
        drop(guard);
        Ok(())
    }

    pub(super) fn finish(&self, ledger: &Ledger, kills: u64) -> Outcome<()> {
        let (made, taken) = (ledger.count(Entry::Made)?, ledger.count(Entry::Taken)?);
        let things = self.things.get()?;
        if (things + taken).abs_diff(made) > kills {
            return Err(format!("{made} made, {taken} taken, but {things} are there").into());
        }
        let notified = ledger.count(Entry::Notified)?;
        let woken = ledger.count(Entry::WokenUp)?;
        // A death hides what one notified; whether it was notified who died, or met an abandoned lock.
        match notified.abs_diff(woken) <= (MOST + 2) * kills {
            true => Ok(()),
            false => Err(format!("{notified} were notified, but {woken} woke up").into()),
        }
    }
}
