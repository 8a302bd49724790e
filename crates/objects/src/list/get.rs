//! Reading: without a lock, one element or many as they were at one moment.

use std::ops::Range;

use procession_arena::{Participant, Result};

use super::layout::{self, Header};
use super::root::NO_PLACE;
use super::{List, Root};
use crate::reading::{Reading, Stamp};
use crate::record_reading::Source;
use crate::snapshot::Snapshot;

impl List {
    /// How many elements there are at this moment.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt) if the list is damaged.
    #[inline]
    pub fn len(&self, me: &Participant) -> Result<u64> {
        let header = self.header(me)?;
        let length = || Ok(self.root(me, header)?.length().load());
        if let Some(length) = layout::sequence(header).try_read(|| length().map(Some))? {
            return Ok(length);
        }
        let _guard = self.lock(me, header)?;
        length()
    }

    /// True if there is no element at this moment.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    pub fn is_empty(&self, me: &Participant) -> Result<bool> {
        Ok(self.len(me)? == 0)
    }

    /// Reads the element at `index`; says whether there is one.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    #[inline]
    pub fn get(&self, me: &Participant, index: u64, into: &mut Reading) -> Result<bool> {
        let header = self.header(me)?;
        self.source(me, header, || self.find(me, header, index))
            .read(me, into)
    }

    /// Reads the element at `index`, and says which version of it that was; `None` if there is
    /// none.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    pub fn get_stamped(
        &self,
        me: &Participant,
        index: u64,
        into: &mut Reading,
    ) -> Result<Option<Stamp>> {
        let header = self.header(me)?;
        self.source(me, header, || self.find(me, header, index))
            .read_stamped(me, into)
    }

    /// Reads the last element; says whether there is one.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    pub fn get_last(&self, me: &Participant, into: &mut Reading) -> Result<bool> {
        let header = self.header(me)?;
        let find = || match self.root(me, header)?.length().load() {
            0 => Ok(None),
            length => self.find(me, header, length - 1),
        };
        self.source(me, header, find).read(me, into)
    }

    /// Copies all elements as they were at one moment.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    pub fn snapshot(&self, me: &Participant, into: &mut Snapshot) -> Result<()> {
        self.snapshot_of(me, 0..u64::MAX, into)
    }

    /// Copies the elements in `range`, as far as there are any, as they were at one moment.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    pub fn snapshot_of(
        &self,
        me: &Participant,
        range: Range<u64>,
        into: &mut Snapshot,
    ) -> Result<()> {
        let header = self.header(me)?;
        into.take(
            me,
            layout::sequence(header),
            || self.recover_locked(me, header),
            || List::carries_handles(header),
            |visit| self.visit(me, self.root(me, header)?, &range, visit),
        )
    }

    /// Where the element at `index` is found.
    fn source<'a, Find: Fn() -> Result<Option<u64>>>(
        &self,
        me: &'a Participant,
        header: Header<'a>,
        find: Find,
    ) -> Source<'a, impl Fn() -> Result<()>, Find> {
        Source {
            sequence: layout::sequence(header),
            recover: move || self.recover_locked(me, header),
            find,
        }
    }

    #[inline]
    fn find(&self, me: &Participant, header: Header<'_>, index: u64) -> Result<Option<u64>> {
        let root = self.root(me, header)?;
        if index >= root.length().load() {
            return Ok(None);
        }
        match root.slot(index, self.chunk_bits)?.load() {
            0 => Err(NO_PLACE),
            record => Ok(Some(record)),
        }
    }

    /// Calls `visit` with the record of each element in `range`.
    fn visit(
        &self,
        me: &Participant,
        root: Root<'_>,
        range: &Range<u64>,
        visit: &mut dyn FnMut(u64) -> Result<()>,
    ) -> Result<()> {
        // Before the number of chunks, so that there is one for each element.
        let end = root.length().load().min(range.end);
        let chunks = root.checked_chunks()?;
        let mut position = range.start;
        let mut elements = Vec::new();
        for number in 0..chunks {
            let entry = root.entry(number)?;
            let next = match number + 1 < chunks {
                true => root.entry(number + 1)?.start.min(end),
                false => end,
            };
            if position >= next {
                continue;
            }
            let within = position.checked_sub(entry.start).ok_or(NO_PLACE)?;
            elements.clear();
            let count = next - position;
            entry.chunk.read(me.arena(), within, count, &mut elements)?;
            elements.iter().try_for_each(|record| match record {
                0 => Err(NO_PLACE),
                record => visit(*record),
            })?;
            position = next;
        }
        Ok(())
    }
}
