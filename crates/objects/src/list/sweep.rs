//! Cutting the end off: one store of the length, and then freeing what lies beyond it.
//!
//! Words behind the length that are not zero lead to elements that were cut off and not freed yet.
//! Whoever is killed in between leaves them to the next sweep.

use procession_arena::{Handle, Intent, Participant, Result, Transit};

use super::layout::{self, Header};
use super::root::{Entry, Root};
use super::{List, expect_commit, operation};
use crate::record::Record;

/// Blocks that are freed under the lock before others get their turn.
const AT_ONCE: usize = 128;

impl List {
    /// Removes all elements from position `length` on; has no effect if there are none.
    ///
    /// It needs no memory.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt) if the list is damaged.
    pub fn truncate(&self, me: &Participant, length: u64) -> Result<()> {
        {
            let _under_way = self.begin(me, operation::UNLINK)?;
            let header = self.header(me)?;
            let _guard = self.lock(me, header)?;
            let root = self.root(me, header)?;
            if root.length().load() <= length {
                return Ok(());
            }
            let _writing = layout::sequence(header).write();
            root.length().store(length);
        }
        self.sweep(me)
    }

    /// Removes all elements.
    ///
    /// It needs no memory.
    ///
    /// # Errors
    ///
    /// As [`truncate`](Self::truncate).
    pub fn clear(&self, me: &Participant) -> Result<()> {
        self.truncate(me, 0)
    }

    /// Frees what was cut off, and the objects that nothing else leads to.
    pub(super) fn sweep(&self, me: &Participant) -> Result<()> {
        loop {
            let mut carried = Vec::new();
            let more = self.sweep_some(me, &mut carried)?;
            me.destroy_all_unreachable(carried)?;
            if !more {
                return Ok(());
            }
        }
    }

    /// Frees some of what was cut off; says whether there may be more.
    pub(super) fn sweep_some(&self, me: &Participant, carried: &mut Vec<Handle>) -> Result<bool> {
        let under_way = self.begin(me, operation::UNLINK)?;
        let header = self.header(me)?;
        let _guard = self.lock(me, header)?;
        let root = self.root(me, header)?;
        let length = root.length().load();
        let mut budget = AT_ONCE;
        while let Some(last) = root.last()? {
            let kept = length.saturating_sub(last.start);
            if !self.sweep_chunk(me, under_way.intent, last, kept, carried, &mut budget)? {
                return Ok(true);
            }
            if last.start < length {
                return Ok(false);
            }
            self.unlink_chunk(me, header, under_way.intent, root, last)?;
        }
        Ok(false)
    }

    /// Frees the elements of a chunk from `kept` on; false if the budget did not suffice.
    fn sweep_chunk(
        &self,
        me: &Participant,
        intent: Intent<'_>,
        entry: Entry,
        kept: u64,
        carried: &mut Vec<Handle>,
        budget: &mut usize,
    ) -> Result<bool> {
        for within in (kept..entry.chunk.capacity()).rev() {
            let slot = entry.chunk.slot(me.arena(), within)?;
            let place = slot.load();
            if place == 0 {
                continue;
            }
            let Some(left) = budget.checked_sub(1) else {
                return Ok(false);
            };
            *budget = left;
            let record = Record::open(me.arena(), place)?;
            carried.append(&mut record.handles(record.extent())?);
            me.hold(place, Transit::Structure)?;
            expect_commit(intent, entry.chunk.slot_place(within), 0);
            slot.store(0);
            me.release(Transit::Structure)?;
            intent.set_expected(0);
        }
        Ok(true)
    }

    /// Unlinks and frees the last chunk, which holds nothing.
    fn unlink_chunk(
        &self,
        me: &Participant,
        header: Header<'_>,
        intent: Intent<'_>,
        root: Root<'_>,
        last: Entry,
    ) -> Result<()> {
        let chunks = root.checked_chunks()?.saturating_sub(1);
        me.hold(last.chunk.offset, Transit::Structure)?;
        let writing = layout::sequence(header).write();
        expect_commit(intent, root.chunks_place(), chunks);
        root.chunks().store(chunks);
        drop(writing);
        me.release(Transit::Structure)?;
        intent.set_expected(0);
        Ok(())
    }
}
