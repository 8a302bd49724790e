//! All entries of an object as they were at one moment.

use procession_arena::{Error, Handle, Participant, Result};

use crate::reading::Stamp;
use crate::record::{Extent, Record};
use crate::record_reading::{attach_all, detach_all};
use crate::sequence_lock::{SequenceLock, Version};

/// Attempts without the lock; each copies everything.
const ATTEMPTS: u32 = 3;

/// All entries of a dict or list as they were at one moment. Reuse one for many calls: its memory
/// is kept.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    bytes: Vec<u8>,
    handles: Vec<Handle>,
    entries: Vec<Entry>,
    version: Version,
}

/// Where an entry ends in the snapshot's bytes and handles; it begins where the one before ends.
#[derive(Clone, Copy, Debug)]
struct Entry {
    key_end: usize,
    value_end: usize,
    handles_end: usize,
    stamp: Stamp,
}

/// One entry of a [`Snapshot`].
#[derive(Clone, Copy, Debug)]
pub struct SnapshotEntry<'a> {
    /// Its key; empty in a list.
    pub key: &'a [u8],
    /// Its value.
    pub value: &'a [u8],
    /// Handles that the value carries; this process has attached each of them once.
    pub handles: &'a [Handle],
    /// Which version of the entry it is.
    pub stamp: Stamp,
}

impl Snapshot {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True if there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets all entries, but keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.handles.clear();
        self.entries.clear();
    }

    /// Entry `index` in the object's own order.
    #[inline]
    pub fn get(&self, index: usize) -> Option<SnapshotEntry<'_>> {
        let entry = self.entries.get(index)?;
        let before = index
            .checked_sub(1)
            .and_then(|before| self.entries.get(before));
        let start = before.map_or(0, |before| before.value_end);
        let first_handle = before.map_or(0, |before| before.handles_end);
        Some(SnapshotEntry {
            key: self.bytes.get(start..entry.key_end)?,
            value: self.bytes.get(entry.key_end..entry.value_end)?,
            handles: self.handles.get(first_handle..entry.handles_end)?,
            stamp: entry.stamp,
        })
    }

    /// All entries in the object's own order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = SnapshotEntry<'_>> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// The handles that all values together carry.
    pub fn handles(&self) -> &[Handle] {
        &self.handles
    }

    /// The version of the object at which the snapshot was taken.
    pub(crate) fn version(&self) -> Version {
        self.version
    }

    /// Copies all records to which `visit` leads, in its order.
    ///
    /// `visit` runs with and without the lock, and stops at the first error of what it calls. If
    /// `carries_handles` the values may carry handles: then all is done under the lock.
    pub(crate) fn take(
        &mut self,
        me: &Participant,
        sequence: SequenceLock<'_>,
        recover: impl FnOnce() -> Result<()>,
        carries_handles: impl Fn() -> bool,
        visit: impl Fn(&mut dyn FnMut(u64) -> Result<()>) -> Result<()>,
    ) -> Result<()> {
        for _ in 0..ATTEMPTS {
            if self.try_take(me, sequence, &carries_handles, &visit)? {
                return Ok(());
            }
        }
        self.take_locked(me, sequence, recover, visit)
    }

    /// Copies without the lock; false if something changed meanwhile, or carries handles.
    fn try_take(
        &mut self,
        me: &Participant,
        sequence: SequenceLock<'_>,
        carries_handles: &impl Fn() -> bool,
        visit: &impl Fn(&mut dyn FnMut(u64) -> Result<()>) -> Result<()>,
    ) -> Result<bool> {
        self.clear();
        let Some(version) = sequence.quiet_version() else {
            return Ok(false);
        };
        if carries_handles() {
            return Ok(false);
        }
        self.version = version;
        let outcome = visit(&mut |place| {
            let record = Record::open(me.arena(), place)?;
            let extent = record.extent();
            // Before lengths are believed that may be anything by now.
            match !extent.has_handles() && sequence.is_still(version) {
                true => self.append(record, extent),
                false => Err(CHANGED),
            }
        });
        match sequence.is_still(version) && !carries_handles() {
            true => outcome.map(|()| true),
            false => Ok(false),
        }
    }

    fn take_locked(
        &mut self,
        me: &Participant,
        sequence: SequenceLock<'_>,
        recover: impl FnOnce() -> Result<()>,
        visit: impl Fn(&mut dyn FnMut(u64) -> Result<()>) -> Result<()>,
    ) -> Result<()> {
        self.clear();
        let outcome = {
            let _guard = sequence.acquire(me, recover)?;
            self.version = sequence.quiet_version().unwrap_or_default();
            visit(&mut |place| {
                let record = Record::open(me.arena(), place)?;
                let extent = record.extent();
                attach_all(me, record, extent, &mut self.handles)?;
                self.append(record, extent)
            })
        };
        if outcome.is_err() {
            detach_all(me, &mut self.handles)?;
            self.clear();
        }
        outcome
    }

    fn append(&mut self, record: Record<'_>, extent: Extent) -> Result<()> {
        record.append_key(extent, &mut self.bytes)?;
        let key_end = self.bytes.len();
        record.append_value(extent, &mut self.bytes)?;
        self.entries.push(Entry {
            key_end,
            value_end: self.bytes.len(),
            handles_end: self.handles.len(),
            stamp: Stamp(record.as_block()?),
        });
        Ok(())
    }
}

/// Ends a look at what has changed meanwhile; never leaves this module.
const CHANGED: Error = Error::Corrupt {
    what: "an object changed while it was read",
};
