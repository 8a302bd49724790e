//! What the arena must know of dicts.

use procession_arena::{Block, Handle, Object, ObjectKind, Participant, ProcessId, Result};

use super::Dict;
use super::layout;
use super::table::Table;
use crate::record::Record;

/// The number of this kind in the object table.
pub(super) const TAG: u8 = 8;
/// What users call it.
pub(super) const NAME: &str = "dict";

/// Dicts.
#[derive(Debug)]
pub(crate) struct DictKind;

impl ObjectKind for DictKind {
    fn tag(&self) -> u8 {
        TAG
    }

    fn name(&self) -> &'static str {
        NAME
    }

    fn recover(&self, me: &Participant, object: Object) -> Result<()> {
        Dict::open(me, object)?.recover(me)
    }

    fn process_gone(
        &self,
        _me: &Participant,
        _object: Object,
        _process: ProcessId,
        _pid: u32,
    ) -> Result<()> {
        // A dict owes its holders nothing.
        Ok(())
    }

    fn take_apart(&self, me: &Participant, object: Object) -> Result<()> {
        Dict::open(me, object)?.take_apart(me)
    }

    fn visit_blocks(
        &self,
        me: &Participant,
        object: Object,
        visit: &mut dyn FnMut(Block),
    ) -> Result<()> {
        let arena = me.arena();
        Dict::open(me, object)?.visit_tables(me, &mut |table| {
            visit(arena.block_at(table.offset())?);
            table.visit_records(&mut |_, record| {
                visit(arena.block_at(record)?);
                Ok(())
            })
        })
    }

    fn visit_handles(
        &self,
        me: &Participant,
        object: Object,
        visit: &mut dyn FnMut(Handle),
    ) -> Result<()> {
        let dict = Dict::open(me, object)?;
        let header = dict.header(me)?;
        if header.word32::<{ layout::CARRIES_HANDLES }>().load() == 0 {
            return Ok(());
        }
        let _guard = dict.lock(me, header)?;
        dict.visit_tables(me, &mut |table| {
            table.visit_records(&mut |_, record| {
                let record = Record::open(me.arena(), record)?;
                let extent = record.extent();
                if extent.has_handles() {
                    record.handles(extent)?.into_iter().for_each(&mut *visit);
                }
                Ok(())
            })
        })
    }
}

impl Dict {
    /// Calls `visit` with the table, and with one that was cleared and is not freed yet.
    fn visit_tables(
        &self,
        me: &Participant,
        visit: &mut dyn FnMut(Table<'_>) -> Result<()>,
    ) -> Result<()> {
        let header = self.header(me)?;
        let table = header.word64::<{ layout::TABLE }>().load();
        let old = header.word64::<{ layout::OLD }>().load();
        for block in [table, old] {
            if block != 0 {
                visit(Table::open(me.arena(), block)?)?;
            }
        }
        Ok(())
    }
}
