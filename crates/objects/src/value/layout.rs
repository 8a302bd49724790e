//! The header of a value.

use procession_arena::mem::Region;
use procession_arena::{Arena, Lock, Result};

use crate::sequence_lock::SequenceLock;

/// Bytes of the words before the description of the contents.
pub(super) const HEADER_SIZE: usize = 32;

/// Word form or record form; see [`Form`](super::Form).
pub(super) const FORM: usize = 0;
/// Word form: bytes of the word.
pub(super) const WIDTH: usize = 4;
/// Record form: held by whoever replaces the record.
const LOCK: usize = 8;
/// Record form: not zero once a record with handles was about to be the value.
pub(super) const CARRIES_HANDLES: usize = 12;
/// Record form: the record that is the value, zero if it is being taken apart. Commit word.
pub(super) const RECORD: usize = 16;
/// Record form: odd while the record is being replaced.
const VERSION: usize = 24;
/// Word form: the word itself.
pub(super) const WORD: u64 = 16;

pub(super) type Header<'a> = Region<'a, HEADER_SIZE>;

#[inline]
pub(super) fn header(arena: &Arena, block: u64) -> Result<Header<'_>> {
    arena.window().region::<HEADER_SIZE>(block)
}

/// The writers' lock of a value in record form, and the version for its readers.
#[inline]
pub(super) fn sequence(header: Header<'_>) -> SequenceLock<'_> {
    let lock = Lock::new(header.word32::<LOCK>());
    SequenceLock::new(lock, header.word64::<VERSION>())
}
