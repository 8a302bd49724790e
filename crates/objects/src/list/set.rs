//! Replacing one element: one store of its word.

use procession_arena::{Handle, Intent, OWNED, Participant, Result, Transit};

use super::layout::{self, Header};
use super::{Element, List, beyond_the_end, expect_commit, operation};
use crate::reading::Expect;
use crate::record::Record;

impl List {
    /// Puts another element in the place of the one at `index`, if that is as expected; says
    /// whether it was.
    ///
    /// # Errors
    ///
    /// [`Error::IndexOutOfRange`](procession_arena::Error::IndexOutOfRange);
    /// [`Error::OutOfMemory`](procession_arena::Error::OutOfMemory). The list is as it was then.
    pub fn set(
        &self,
        me: &Participant,
        index: u64,
        element: Element<'_>,
        expect: Expect,
    ) -> Result<bool> {
        let under_way = self.begin(me, operation::SET)?;
        let intent = under_way.intent;
        let header = self.header(me)?;
        self.announce(me, header, element.handles)?;
        let record = Record::create(me, Transit::Payload, &[], element.bytes, element.handles)?;
        let outcome = self.replace(me, header, intent, index, record.offset(), expect);
        let Ok(Some(carried)) = outcome else {
            // What is in transit as structure is still linked.
            intent.clear_block(Transit::Structure);
            me.release(Transit::Payload)?;
            return outcome.map(|_| false);
        };
        me.release(Transit::Structure)?;
        intent.clear_transit();
        drop(under_way);
        me.destroy_all_unreachable(carried)?;
        Ok(true)
    }

    /// Links `record`; the one that stood there is in transit afterwards, and what it carried is
    /// returned. `None` if it was not as expected.
    fn replace(
        &self,
        me: &Participant,
        header: Header<'_>,
        intent: Intent<'_>,
        index: u64,
        record: u64,
        expect: Expect,
    ) -> Result<Option<Vec<Handle>>> {
        let _guard = self.lock(me, header)?;
        let root = self.root(me, header)?;
        let length = root.length().load();
        if index >= length {
            return Err(beyond_the_end(index, length));
        }
        let slot = root.slot(index, self.chunk_bits)?;
        let place = slot.load();
        if !expect.is_met(me, Some(place))? {
            return Ok(None);
        }
        let old = Record::open(me.arena(), place)?;
        let carried = old.handles(old.extent())?;
        me.hold(place, Transit::Structure)?;
        let writing = layout::sequence(header).write();
        expect_commit(intent, root.slot_place(index, self.chunk_bits)?, record);
        slot.store(record);
        intent.set_expected(OWNED);
        drop(writing);
        Ok(Some(carried))
    }
}
