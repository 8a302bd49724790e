//! Creating an array with its first content.

use procession_arena::mem::CACHE_LINE;
use procession_arena::{Error, Participant, Result};

use super::extent::Extent;
use super::kind::ArrayKind;
use super::layout::{self, HEADER_SIZE};
use super::{SharedArray, access};
use crate::contents;

/// What the elements of a new array are.
#[derive(Clone, Copy, Debug)]
pub enum Initial<'a> {
    /// So many, each with these bytes.
    Repeated(&'a [u8], u64),
    /// These, one behind the other, each of so many bytes.
    Elements(&'a [u8], u64),
}

impl Initial<'_> {
    /// Size and number of the elements.
    fn shape(self) -> (u64, u64) {
        match self {
            Initial::Repeated(element, length) => (element.len() as u64, length),
            Initial::Elements(bytes, size) => {
                (size, (bytes.len() as u64).checked_div(size).unwrap_or(0))
            }
        }
    }
}

impl SharedArray {
    /// Creates an array that this process holds. Its length and the size of its elements are fixed.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`] or [`Error::TooManyObjects`].
    pub fn create(
        me: &Participant,
        initial: Initial<'_>,
        contents: Option<&str>,
    ) -> Result<SharedArray> {
        let (size, length) = initial.shape();
        let front = HEADER_SIZE as u64 + contents::room_for(contents) + 2 * CACHE_LINE;
        let total = size
            .checked_mul(length)
            .and_then(|bytes| bytes.checked_add(front));
        let total = total.ok_or_else(|| Error::OutOfMemory {
            wanted: u64::MAX,
            cap: me.arena().memory_cap(),
        })?;
        let block = me.begin_object(total)?;
        if let Err(error) = write(me, block, initial, contents) {
            me.cancel_object()?;
            return Err(error);
        }
        let object = me.finish_object(&ArrayKind, block)?;
        SharedArray::open(me, object)
    }
}

fn write(me: &Participant, block: u64, initial: Initial<'_>, contents: Option<&str>) -> Result<()> {
    let arena = me.arena();
    let header = layout::header(arena, block)?;
    let (size, length) = initial.shape();
    let behind = block + HEADER_SIZE as u64 + contents::room_for(contents);
    let lock = behind.next_multiple_of(CACHE_LINE);
    header.word64::<{ layout::LENGTH }>().store(length);
    header.word64::<{ layout::ELEMENT_SIZE }>().store(size);
    header.word64::<{ layout::LOCK }>().store(lock - block);
    arena.window().clear(lock, CACHE_LINE)?;
    contents::write(arena, block + HEADER_SIZE as u64, contents)?;
    let extent = Extent::read(arena, header)?;
    match initial {
        Initial::Repeated(element, length) => access::fill(arena, extent, 0, length, element),
        Initial::Elements(bytes, _) => access::write_from(arena, extent, 0, bytes),
    }
}
