//! Reading: no lock, no store to shared memory.

use procession_arena::{Participant, Result};

use super::layout::{self, Header};
use super::table::Table;
use super::{Dict, sequence};
use crate::reading::{Reading, Stamp};
use crate::record_reading::Source;

impl Dict {
    /// Reads the value of `key`; says whether there is one.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt) if the dict is damaged.
    #[inline]
    pub fn get(&self, me: &Participant, key: &[u8], into: &mut Reading) -> Result<bool> {
        let header = self.header(me)?;
        let hash = self.hash(key);
        Source {
            sequence: sequence(header),
            recover: || self.recover_locked(me, header),
            find: || find(me, header, hash, key),
        }
        .read(me, into)
    }

    /// As [`get`](Self::get), and says which version of the entry it was.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn get_stamped(
        &self,
        me: &Participant,
        key: &[u8],
        into: &mut Reading,
    ) -> Result<Option<Stamp>> {
        let header = self.header(me)?;
        let hash = self.hash(key);
        Source {
            sequence: sequence(header),
            recover: || self.recover_locked(me, header),
            find: || find(me, header, hash, key),
        }
        .read_stamped(me, into)
    }

    /// Whether there is an entry with this key.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn contains(&self, me: &Participant, key: &[u8]) -> Result<bool> {
        let header = self.header(me)?;
        let hash = self.hash(key);
        let is_there = || Ok(find(me, header, hash, key)?.is_some());
        match sequence(header).try_read(|| is_there().map(Some))? {
            Some(there) => Ok(there),
            None => {
                let _guard = self.lock(me, header)?;
                is_there()
            }
        }
    }

    /// How many entries there are.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn len(&self, me: &Participant) -> Result<u64> {
        let header = self.header(me)?;
        let live = header.word64::<{ layout::LIVE }>();
        match sequence(header).try_read(|| Ok(Some(live.load())))? {
            Some(entries) => Ok(entries),
            None => {
                let _guard = self.lock(me, header)?;
                Ok(live.load())
            }
        }
    }

    /// True if there are no entries.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub fn is_empty(&self, me: &Participant) -> Result<bool> {
        Ok(self.len(me)? == 0)
    }
}

/// The record of `key`, with or without the lock.
#[inline]
fn find(me: &Participant, header: Header<'_>, hash: u64, key: &[u8]) -> Result<Option<u64>> {
    let version = layout::version(header).load();
    let block = header.word64::<{ layout::TABLE }>().load();
    if block == 0 {
        return Ok(None);
    }
    let is_stale = || layout::version(header).load() != version;
    let found = Table::view(me.arena(), block)?.find(hash, key, is_stale)?;
    Ok(found.record())
}
