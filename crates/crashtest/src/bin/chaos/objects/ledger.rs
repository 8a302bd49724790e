//! What participants say that they have done, right after they did it.

use procession::{SharedArray, SharedError};
use serde::{Deserialize, Serialize};

use crate::Outcome;

/// A thing that is counted.
#[derive(Clone, Copy)]
pub(super) enum Entry {
    /// An `update` of the counter in a dict.
    DictUpdate,
    /// An `update` of the counter in a namespace.
    NamespaceUpdate,
    /// An `update` of a value that is not a word.
    ValueUpdate,
    /// A `fetch_add` of a value.
    FetchAdd,
    /// A `push` to a list.
    Push,
    /// Things made under a condition.
    Made,
    /// Things taken under a condition.
    Taken,
    /// Waiters that were notified, as those say who did.
    Notified,
    /// And as the waiters say.
    WokenUp,
    /// The first of those who came through the barrier; the others follow.
    FirstThrough,
}

/// Entries, with one for each place at the barrier.
const ENTRIES: usize = Entry::FirstThrough as usize + super::meeting::PARTIES;

/// Words that are added to: each addition is one instruction, so it happened or it did not.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Ledger {
    counts: SharedArray<u64>,
}

impl Ledger {
    pub(super) fn new() -> Outcome<Ledger> {
        Ok(Ledger {
            counts: SharedArray::new(ENTRIES, 0)?,
        })
    }

    pub(super) fn add(&self, entry: Entry) -> Result<(), SharedError> {
        self.add_through(entry, 0)
    }

    /// For entries that come in several.
    pub(super) fn add_through(&self, entry: Entry, place: usize) -> Result<(), SharedError> {
        self.counts.fetch_add(entry as usize + place, 1)?;
        Ok(())
    }

    pub(super) fn count(&self, entry: Entry) -> Result<u64, SharedError> {
        self.count_through(entry, 0)
    }

    pub(super) fn count_through(&self, entry: Entry, place: usize) -> Result<u64, SharedError> {
        self.counts.get(entry as usize + place)
    }

    /// Whatever was acknowledged has happened, and at most one more for each of those killed.
    pub(super) fn judge(&self, what: &str, entry: Entry, found: u64, kills: u64) -> Outcome<()> {
        let acknowledged = self.count(entry)?;
        match (acknowledged..=acknowledged + kills).contains(&found) {
            true => Ok(()),
            false => Err(format!(
                "{what}: {found} found, {acknowledged} acknowledged, {kills} killed"
            )
            .into()),
        }
    }
}
