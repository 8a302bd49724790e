//! Reading all entries as they are at one moment.

use procession_arena::{Participant, Result};

use super::layout;
use super::table::Table;
use super::{Dict, sequence};
use crate::snapshot::Snapshot;

impl Dict {
    /// Reads all entries, in the order of their insertion, as they are at one moment.
    ///
    /// Writers are not kept waiting, unless they leave no moment for it, or values carry handles.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](procession_arena::Error::Corrupt) if the dict is damaged.
    pub fn snapshot(&self, me: &Participant, into: &mut Snapshot) -> Result<()> {
        let header = self.header(me)?;
        into.take(
            me,
            sequence(header),
            || self.recover_locked(me, header),
            || header.word32::<{ layout::CARRIES_HANDLES }>().load() != 0,
            |visit| match header.word64::<{ layout::TABLE }>().load() {
                0 => Ok(()),
                block => {
                    Table::view(me.arena(), block)?.visit_records(&mut |_, record| visit(record))
                }
            },
        )
    }
}
