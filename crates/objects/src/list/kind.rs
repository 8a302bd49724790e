//! What the arena must know of lists.

use procession_arena::{
    Block, Handle, Object, ObjectKind, Participant, ProcessId, Result, Transit,
};

use super::layout;
use super::{List, expect_commit, operation};
use crate::record::Record;

/// The number of this kind in the object table.
const TAG: u8 = 9;

/// Lists.
#[derive(Debug)]
pub(crate) struct ListKind;

impl ObjectKind for ListKind {
    fn tag(&self) -> u8 {
        TAG
    }

    fn name(&self) -> &'static str {
        "list"
    }

    fn recover(&self, me: &Participant, object: Object) -> Result<()> {
        List::open(me, object)?.recover(me)
    }

    fn process_gone(&self, _: &Participant, _: Object, _: ProcessId, _: u32) -> Result<()> {
        Ok(())
    }

    fn take_apart(&self, me: &Participant, object: Object) -> Result<()> {
        List::open(me, object)?.take_apart(me)
    }

    fn visit_blocks(
        &self,
        me: &Participant,
        object: Object,
        visit: &mut dyn FnMut(Block),
    ) -> Result<()> {
        let list = List::open(me, object)?;
        let arena = me.arena();
        let root = list.header(me)?.word64::<{ layout::ROOT }>().load();
        if root == 0 {
            return Ok(());
        }
        visit(arena.block_at(root)?);
        list.visit_linked(
            me,
            &mut |block| {
                visit(arena.block_at(block)?);
                Ok(())
            },
            true,
        )
    }

    fn visit_handles(
        &self,
        me: &Participant,
        object: Object,
        visit: &mut dyn FnMut(Handle),
    ) -> Result<()> {
        let list = List::open(me, object)?;
        let header = list.header(me)?;
        if !List::carries_handles(header) {
            return Ok(());
        }
        let _guard = list.lock(me, header)?;
        list.visit_linked(
            me,
            &mut |record| {
                let record = Record::open(me.arena(), record)?;
                record
                    .handles(record.extent())?
                    .into_iter()
                    .for_each(&mut *visit);
                Ok(())
            },
            false,
        )
    }
}

impl List {
    /// Calls `visit` with each record, also those that were cut off and not freed yet; and with
    /// each chunk, if `with_chunks`.
    fn visit_linked(
        &self,
        me: &Participant,
        visit: &mut dyn FnMut(u64) -> Result<()>,
        with_chunks: bool,
    ) -> Result<()> {
        let header = self.header(me)?;
        if header.word64::<{ layout::ROOT }>().load() == 0 {
            return Ok(());
        }
        let root = self.root(me, header)?;
        let mut words = Vec::new();
        for number in 0..root.checked_chunks()? {
            let chunk = root.entry(number)?.chunk;
            if with_chunks {
                visit(chunk.offset)?;
            }
            words.clear();
            chunk.read(me.arena(), 0, chunk.capacity(), &mut words)?;
            let records = words.iter().copied().filter(|word| *word != 0);
            for record in records {
                visit(record)?;
            }
        }
        Ok(())
    }

    /// Frees all elements, all chunks, then the root. Nobody holds the list any more.
    fn take_apart(&self, me: &Participant) -> Result<()> {
        let header = self.header(me)?;
        let word = header.word64::<{ layout::ROOT }>();
        if word.load() == 0 {
            return Ok(());
        }
        {
            let _under_way = self.begin(me, operation::UNLINK)?;
            let _guard = self.lock(me, header)?;
            self.root(me, header)?.length().store(0);
        }
        // The handles in them were collected before; whoever takes apart sees to those.
        while self.sweep_some(me, &mut Vec::new())? {}
        let under_way = self.begin(me, operation::UNLINK)?;
        let _guard = self.lock(me, header)?;
        me.hold(word.load(), Transit::Structure)?;
        expect_commit(under_way.intent, layout::root_place(header), 0);
        word.store(0);
        me.release(Transit::Structure)?;
        under_way.intent.clear_transit();
        Ok(())
    }
}
