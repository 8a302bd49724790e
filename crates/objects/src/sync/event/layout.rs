//! Where the words of an event lie.

use procession_arena::mem::{CACHE_LINE, Region};
use procession_arena::{Arena, Result};

pub(super) const HEADER_SIZE: usize = CACHE_LINE as usize;
/// Bytes of a header block: the line, and room to align it.
pub(super) const HEADER_BLOCK: u64 = 2 * CACHE_LINE;

/// How often it was set, above the flag: the commit word.
pub(super) const STATE: usize = 0;
const WAITERS: usize = 8;
/// Token of the thread that set it last; a hint for spinning.
pub(super) const LAST_SETTER: usize = 12;

/// The header of an event.
pub(super) type Header<'a> = Region<'a, HEADER_SIZE>;

/// The header of the event whose header block begins at `block`.
#[inline]
pub(super) fn header(arena: &Arena, block: u64) -> Result<Header<'_>> {
    arena.window().region(block.next_multiple_of(CACHE_LINE))
}

/// Those who wait sleep here.
#[inline]
pub(super) fn waiters(header: Header<'_>) -> procession_arena::Event<'_> {
    procession_arena::Event::new(header.word32::<WAITERS>())
}
