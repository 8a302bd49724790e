//! Where the words of a list's header lie.

use procession_arena::mem::Region;
use procession_arena::{Arena, Lock, Result};

use crate::sequence_lock::SequenceLock;

/// Bytes of the header; the description of the contents stands behind it.
pub(super) const HEADER_SIZE: usize = 32;

const LOCK: usize = 0;
/// Set before the first element with handles is committed; saves others the search.
pub(super) const CARRIES_HANDLES: usize = 4;
const VERSION: usize = 8;
/// The root block: the commit word of everything that changes more than the end or one element.
pub(super) const ROOT: usize = 16;
/// How many elements a chunk holds at most, as a power of two; written at creation.
pub(super) const CHUNK_BITS: usize = 24;

/// The header of a list.
pub(super) type Header<'a> = Region<'a, HEADER_SIZE>;

/// The header that begins at `block`.
#[inline]
pub(super) fn header(arena: &Arena, block: u64) -> Result<Header<'_>> {
    arena.window().region(block)
}

/// The writers' lock, and the version for readers.
#[inline]
pub(super) fn sequence(header: Header<'_>) -> SequenceLock<'_> {
    SequenceLock::new(
        Lock::new(header.word32::<LOCK>()),
        header.word64::<VERSION>(),
    )
}

/// Where the commit word of larger changes is.
pub(super) fn root_place(header: Header<'_>) -> u64 {
    header.offset() + ROOT as u64
}
