//! Taking the last element: one store of the length.

use procession_arena::{Intent, OWNED, Participant, Result, Transit};

use super::layout::{self, Header};
use super::root::NO_PLACE;
use super::{List, expect_commit, operation};
use crate::reading::Reading;
use crate::record::{Extent, Record};
use crate::record_reading::{attach_all, detach_all};

/// The last element, as it was taken.
struct Popped<'a> {
    record: Record<'a>,
    extent: Extent,
    /// Chunks at the end are empty and should go.
    leaves_spare: bool,
}

impl List {
    /// Takes the last element away and reads it; false if there is none.
    ///
    /// It needs no memory.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt) if the list is damaged.
    pub fn pop(&self, me: &Participant, into: &mut Reading) -> Result<bool> {
        into.clear();
        let under_way = self.begin(me, operation::UNLINK)?;
        let intent = under_way.intent;
        let popped = match self.unlink_last(me, self.header(me)?, intent, into) {
            Ok(Some(popped)) => popped,
            Ok(None) => return Ok(false),
            Err(error) => {
                intent.clear_transit();
                detach_all(me, &mut into.handles)?;
                return Err(error);
            }
        };
        // Outside the lock: nobody else reaches the record any more.
        popped.record.append_value(popped.extent, &mut into.bytes)?;
        me.release(Transit::Structure)?;
        intent.clear_transit();
        drop(under_way);
        if popped.leaves_spare {
            self.sweep(me)?;
        }
        Ok(true)
    }

    fn unlink_last<'a>(
        &self,
        me: &'a Participant,
        header: Header<'a>,
        intent: Intent<'_>,
        into: &mut Reading,
    ) -> Result<Option<Popped<'a>>> {
        let _guard = self.lock(me, header)?;
        let root = self.root(me, header)?;
        let Some(length) = root.length().load().checked_sub(1) else {
            return Ok(None);
        };
        let slot = root.slot(length, self.chunk_bits)?;
        let record = match slot.load() {
            0 => return Err(NO_PLACE),
            record => Record::open(me.arena(), record)?,
        };
        let extent = record.extent();
        let last = root.last()?.ok_or(NO_PLACE)?;
        attach_all(me, record, extent, &mut into.handles)?;
        me.hold(record.offset(), Transit::Structure)?;
        let writing = layout::sequence(header).write();
        expect_commit(intent, root.length_place(), length);
        root.length().store(length);
        slot.store(0);
        intent.set_expected(OWNED);
        drop(writing);
        Ok(Some(Popped {
            record,
            extent,
            leaves_spare: last.start > 0 && last.start >= length + self.full_chunk() / 2,
        }))
    }
}
