//! Copying the value of one record out while others may replace it.
//!
//! A small value is copied together with the search for its record, validated by the version. A
//! large one is found so and then copied at leisure: if the record is still the same allocation
//! afterwards, it is what was written. A value with handles is read under the lock, and each handle
//! attached there: an object is held by its reader before the entry that kept it alive can go.

use std::sync::atomic::{Ordering, fence};

use procession_arena::{Block, Handle, Participant, Result};

use crate::reading::{Reading, Stamp};
use crate::record::{Extent, Record};
use crate::sequence_lock::SequenceLock;

/// A larger value is not copied together with the search.
const SMALL: usize = 4096;
/// Attempts to copy a large value that is replaced again and again.
const ATTEMPTS: u32 = 8;

/// What a search without the lock came to.
enum Found {
    Nothing,
    /// It is copied; the stamp is there if it was asked for.
    Copied(Option<Stamp>),
    /// Its value is large; the record was this allocation when it was found.
    Large(Block),
}

/// Where a record is found, and how.
pub(crate) struct Source<'a, Recover, Find> {
    pub(crate) sequence: SequenceLock<'a>,
    /// Puts the object right after a dead owner of its lock.
    pub(crate) recover: Recover,
    /// Leads to the record; `None` if there is none. Runs with and without the lock.
    pub(crate) find: Find,
}

impl<Recover, Find> Source<'_, Recover, Find>
where
    Recover: Fn() -> Result<()>,
    Find: Fn() -> Result<Option<u64>>,
{
    /// Reads the value; says whether there is one.
    #[inline]
    pub(crate) fn read(&self, me: &Participant, into: &mut Reading) -> Result<bool> {
        into.clear();
        let copy = || self.copy_if_small::<false>(me, &mut into.bytes);
        match self.sequence.try_read(copy)? {
            Some(Found::Nothing) => Ok(false),
            Some(Found::Copied(_)) => Ok(true),
            Some(Found::Large(block)) => self.read_large(me, into, block).map(|it| it.is_some()),
            None => self.read_locked(me, into).map(|it| it.is_some()),
        }
    }

    /// As [`read`](Self::read), and says which version of the entry it was.
    pub(crate) fn read_stamped(
        &self,
        me: &Participant,
        into: &mut Reading,
    ) -> Result<Option<Stamp>> {
        into.clear();
        let copy = || self.copy_if_small::<true>(me, &mut into.bytes);
        match self.sequence.try_read(copy)? {
            Some(Found::Nothing) => Ok(None),
            Some(Found::Copied(stamp)) => Ok(stamp),
            Some(Found::Large(block)) => self.read_large(me, into, block),
            None => self.read_locked(me, into),
        }
    }

    /// Runs without the lock: nothing it reads is to be believed before the version says so.
    #[inline]
    fn copy_if_small<const STAMPED: bool>(
        &self,
        me: &Participant,
        bytes: &mut Vec<u8>,
    ) -> Result<Option<Found>> {
        bytes.clear();
        let Some(place) = (self.find)()? else {
            return Ok(Some(Found::Nothing));
        };
        let record = Record::open(me.arena(), place)?;
        let extent = record.extent();
        if extent.has_handles() {
            return Ok(None);
        }
        if extent.value_length() > SMALL {
            return Ok(Some(Found::Large(record.as_block()?)));
        }
        record.append_value(extent, bytes)?;
        let stamp = match STAMPED {
            true => Some(Stamp(record.as_block()?)),
            false => None,
        };
        Ok(Some(Found::Copied(stamp)))
    }

    #[cold]
    fn read_large(
        &self,
        me: &Participant,
        into: &mut Reading,
        mut block: Block,
    ) -> Result<Option<Stamp>> {
        for _ in 0..ATTEMPTS {
            into.bytes.clear();
            if copy_validated(me, block, &mut into.bytes)? {
                return Ok(Some(Stamp(block)));
            }
            let copy = || self.copy_if_small::<true>(me, &mut into.bytes);
            match self.sequence.try_read(copy)? {
                Some(Found::Nothing) => return Ok(None),
                Some(Found::Copied(stamp)) => return Ok(stamp),
                Some(Found::Large(found)) => block = found,
                None => break,
            }
        }
        self.read_locked(me, into)
    }

    #[cold]
    fn read_locked(&self, me: &Participant, into: &mut Reading) -> Result<Option<Stamp>> {
        into.clear();
        let outcome = {
            let _guard = self.sequence.acquire(me, || (self.recover)())?;
            match (self.find)()? {
                Some(place) => copy_locked(me, place, into).map(Some),
                None => Ok(None),
            }
        };
        if outcome.is_err() {
            detach_all(me, &mut into.handles)?;
        }
        outcome
    }
}

/// Copies a value that may be replaced and freed meanwhile; says whether it was not.
fn copy_validated(me: &Participant, block: Block, bytes: &mut Vec<u8>) -> Result<bool> {
    let record = Record::open(me.arena(), block.offset)?;
    let extent = record.extent();
    // Before a length is believed that may be anything by now.
    fence(Ordering::Acquire);
    if !me.arena().is_allocated(block)? {
        return Ok(false);
    }
    record.append_value(extent, bytes)?;
    fence(Ordering::Acquire);
    me.arena().is_allocated(block)
}

/// Copies a record's value, and attaches its handles, under the lock that guards its link.
///
/// After an error those in `into` are attached: to be detached once the lock is released.
pub(crate) fn copy_locked(me: &Participant, place: u64, into: &mut Reading) -> Result<Stamp> {
    let record = Record::open(me.arena(), place)?;
    let extent = record.extent();
    let stamp = Stamp(record.as_block()?);
    attach_all(me, record, extent, &mut into.handles)?;
    record.append_value(extent, &mut into.bytes)?;
    Ok(stamp)
}

/// Makes this process a holder of what a value carries, under the lock that guards its link.
///
/// After an error those in `attached` are attached: to be detached once the lock is released.
pub(crate) fn attach_all(
    me: &Participant,
    record: Record<'_>,
    extent: Extent,
    attached: &mut Vec<Handle>,
) -> Result<()> {
    if !extent.has_handles() {
        return Ok(());
    }
    for handle in record.handles(extent)? {
        me.attach(handle)?;
        attached.push(handle);
    }
    Ok(())
}

/// Ends the holds that [`attach_all`] began. No lock of an object is held.
pub(crate) fn detach_all(me: &Participant, attached: &mut Vec<Handle>) -> Result<()> {
    attached.drain(..).try_for_each(|handle| me.detach(handle))
}
