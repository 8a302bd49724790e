//! A list to which all push, and from whose front one takes.

use std::collections::HashMap;

use procession::List;
use serde::{Deserialize, Serialize};

use super::ledger::{Entry, Ledger};
use crate::Outcome;

/// Which participant, and which of its pushes.
type Push = (u64, u64);

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Pushes {
    list: List<Push>,
}

/// The next push that is to be seen of each participant.
#[derive(Default)]
pub(super) struct Seen(HashMap<u64, u64>);

impl Pushes {
    pub(super) fn new() -> Outcome<Pushes> {
        Ok(Pushes { list: List::new()? })
    }

    pub(super) fn push(&self, name: u64, number: u64, ledger: &Ledger) -> Outcome<()> {
        self.list.push(&(name, number))?;
        Ok(ledger.add(Entry::Push)?)
    }

    /// Takes what is there off the front. Nobody else removes anything.
    pub(super) fn drain(&self, seen: &mut Seen) -> Outcome<()> {
        let pushes = self.list.to_vec()?;
        self.list.splice(..pushes.len(), [] as [Push; 0])?;
        for (name, number) in pushes {
            let next = seen.0.entry(name).or_default();
            if number != *next {
                return Err(format!("push {number} of {name} came instead of {next}").into());
            }
            *next += 1;
        }
        Ok(())
    }

    pub(super) fn finish(&self, seen: &mut Seen, ledger: &Ledger, kills: u64) -> Outcome<()> {
        self.drain(seen)?;
        ledger.judge("pushes", Entry::Push, seen.0.values().sum(), kills)
    }
}
