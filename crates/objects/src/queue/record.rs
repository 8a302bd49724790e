//! Records: what stands in a segment for one message.

use procession_arena::{Error, Result};

/// The head word of a record, taken apart.
///
/// Bits 0–31 hold the length of the bytes, 32–35 the kind, 36–47 the number of handles, 48–63 the
/// low bits of the item's number, as a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) kind: RecordKind,
    pub(super) length: u32,
    pub(super) handles: u16,
    pub(super) number: u16,
}

/// Where a record's message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordKind {
    /// Behind the head word: the handles, then the bytes.
    Inline,
    /// In a block; behind the head word its offset, and which delivery this is.
    Block,
    /// Nowhere: the next record is the first of the next segment.
    Jump,
}

/// Bytes of the head word.
pub(super) const HEAD_SIZE: u64 = 8;
/// Bytes of a record whose message is in a block.
pub(super) const BLOCK_RECORD_SIZE: u64 = 24;
/// A message of more bytes than this goes into a block of its own.
pub(super) const LARGEST_INLINE: usize = 16 * 1024;
/// Handles that a message can carry.
pub(super) const MAX_HANDLES: usize = 0xfff;

impl Record {
    #[inline]
    pub(super) fn pack(self) -> u64 {
        let kind = match self.kind {
            RecordKind::Inline => 1,
            RecordKind::Block => 2,
            RecordKind::Jump => 3,
        };
        u64::from(self.length)
            | kind << 32
            | u64::from(self.handles) << 36
            | u64::from(self.number) << 48
    }

    #[inline]
    pub(super) fn unpack(word: u64) -> Result<Record> {
        let kind = match word >> 32 & 0xf {
            1 => RecordKind::Inline,
            2 => RecordKind::Block,
            3 => RecordKind::Jump,
            _ => {
                return Err(Error::Corrupt {
                    what: "a queue holds a record of no known kind",
                });
            }
        };
        Ok(Record {
            kind,
            length: word as u32,
            handles: (word >> 36) as u16 & 0xfff,
            number: (word >> 48) as u16,
        })
    }

    /// Bytes from this record to the next in the same segment.
    #[inline]
    pub(super) fn size(self) -> u64 {
        match self.kind {
            RecordKind::Inline => inline_size(self.length as usize, self.handles.into()),
            RecordKind::Block => BLOCK_RECORD_SIZE,
            RecordKind::Jump => HEAD_SIZE,
        }
    }
}

/// Bytes of a record that holds its message itself.
#[inline]
pub(super) fn inline_size(length: usize, handles: usize) -> u64 {
    HEAD_SIZE + 8 * handles as u64 + (length as u64).next_multiple_of(8)
}
