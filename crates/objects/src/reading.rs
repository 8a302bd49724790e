//! What comes out of a dict, a list or a value, and what may be asked of an entry before it changes.

use procession_arena::{Block, Handle, Participant, Result};

use crate::record::Record;

/// A value as it was read. Reuse one for many calls: its memory is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Handles that the value carries; this process has attached each of them once.
    pub handles: Vec<Handle>,
}

impl Reading {
    /// Forgets what was read, but keeps the memory.
    #[inline]
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.handles.clear();
    }
}

/// Names one version of one entry: the very allocation from which its value was read.
///
/// No other version of any entry ever has the same name, even if its value is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp(pub(crate) Block);

/// What an entry must be for a change of it to be made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expect {
    /// It may be or not be.
    #[default]
    Anything,
    /// There must be none.
    Absent,
    /// There must be one.
    Present,
    /// It must be the one that was read.
    Exactly(Stamp),
    /// There must be none, or one whose value does not begin with this byte.
    Unmarked(u8),
}

impl Expect {
    /// Whether an entry that is now the record `found`, or is not there, is as expected.
    #[inline]
    pub(crate) fn is_met(self, me: &Participant, found: Option<u64>) -> Result<bool> {
        Ok(match (self, found) {
            (Expect::Anything, _) | (Expect::Absent, None) | (Expect::Present, Some(_)) => true,
            (Expect::Exactly(stamp), Some(record)) => {
                stamp.0.offset == record && me.arena().block_at(record)? == stamp.0
            }
            (Expect::Unmarked(_), None) => true,
            (Expect::Unmarked(mark), Some(record)) => {
                let record = Record::open(me.arena(), record)?;
                record.first_byte(record.extent())? != Some(mark)
            }
            (Expect::Absent, Some(_)) | (Expect::Present | Expect::Exactly(_), None) => false,
        })
    }
}
