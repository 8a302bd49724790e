//! The header of an array.

use procession_arena::mem::Region;
use procession_arena::{Arena, Result};

/// Bytes of the words before the description of the contents.
pub(super) const HEADER_SIZE: usize = 24;

/// How many elements there are.
pub(super) const LENGTH: usize = 0;
/// Bytes of each.
pub(super) const ELEMENT_SIZE: usize = 8;
/// How far behind the beginning of the header the line with the lock begins. The elements begin
/// behind that.
pub(super) const LOCK: usize = 16;

pub(super) type Header<'a> = Region<'a, HEADER_SIZE>;

#[inline]
pub(super) fn header(arena: &Arena, block: u64) -> Result<Header<'_>> {
    arena.window().region::<HEADER_SIZE>(block)
}
