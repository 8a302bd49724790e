//! Where the words of a dict's header lie.

use procession_arena::mem::{CACHE_LINE, Region, Word64};
use procession_arena::{Arena, Lock, Result};

/// Two lines: the first is read by everybody, the second only by writers.
pub(super) const HEADER_SIZE: usize = 128;
/// Bytes of a header block without the description of the contents: the lines, and room to align
/// them.
pub(super) const HEADER_BLOCK: u64 = HEADER_SIZE as u64 + CACHE_LINE;

/// Even while nothing is being changed.
const VERSION: usize = 0;
/// The table; a commit word. Zero in a dict that was never filled, or was cleared.
pub(super) const TABLE: usize = 8;
/// Entries that are not removed; derived.
pub(super) const LIVE: usize = 16;
/// What keys are hashed with; written at creation.
pub(super) const SEED: usize = 24;
/// Set before the first value with handles is committed; saves others the search.
pub(super) const CARRIES_HANDLES: usize = 32;

const LOCK: usize = 64;
/// Not zero while records may not have the numbers of their entries.
pub(super) const RENUMBER: usize = 72;
/// The draft that is to be applied; the commit word of `extend`.
pub(super) const BATCH: usize = 80;
/// A table that was cleared and whose records are being freed; or the table, about to be cleared.
pub(super) const OLD: usize = 88;

/// The header of a dict.
pub(super) type Header<'a> = Region<'a, HEADER_SIZE>;

/// Where the description of the contents stands, for a header block at `block`.
pub(super) fn contents_at(block: u64) -> u64 {
    block.next_multiple_of(CACHE_LINE) + HEADER_SIZE as u64
}

/// The header of the dict whose header block begins at `block`.
#[inline]
pub(super) fn header(arena: &Arena, block: u64) -> Result<Header<'_>> {
    arena.window().region(block.next_multiple_of(CACHE_LINE))
}

/// The writers' lock.
#[inline]
pub(super) fn lock(header: Header<'_>) -> Lock<'_> {
    Lock::new(header.word32::<LOCK>())
}

/// The version by which readers see whether anything was changed.
#[inline]
pub(super) fn version(header: Header<'_>) -> Word64<'_> {
    header.word64::<VERSION>()
}
