//! Where the elements of an array are: read once, checked, and fixed from then on.

use procession_arena::mem::{CACHE_LINE, Unit};
use procession_arena::{Arena, Error, Result};

use super::layout::{self, HEADER_SIZE, Header};

/// Where the elements of an array are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    /// Offset of the line with the lock.
    pub(super) lock: u64,
    /// Offset of the first element.
    pub(super) elements: u64,
    pub(super) length: u64,
    pub(super) element_size: u64,
    pub(super) unit: Unit,
}

impl Extent {
    /// Reads it from a header whose words cannot be trusted.
    pub(super) fn read(arena: &Arena, header: Header<'_>) -> Result<Extent> {
        let length = header.word64::<{ layout::LENGTH }>().load();
        let element_size = header.word64::<{ layout::ELEMENT_SIZE }>().load();
        let behind = header.word64::<{ layout::LOCK }>().load();
        let end = length
            .checked_mul(element_size)
            .and_then(|bytes| bytes.checked_add(behind)?.checked_add(CACHE_LINE));
        let room = arena.capacity(header.offset())?;
        let lock = header.offset().saturating_add(behind);
        let fits = end.is_some_and(|end| end <= room);
        if !fits || behind < HEADER_SIZE as u64 || !lock.is_multiple_of(CACHE_LINE) {
            return Err(Error::Corrupt {
                what: "an array does not fit into its block",
            });
        }
        Ok(Extent {
            lock,
            elements: lock + CACHE_LINE,
            length,
            element_size,
            unit: Unit::of(element_size),
        })
    }

    /// Bytes of all elements.
    pub(super) fn bytes(self) -> u64 {
        // Cannot overflow: `read` has checked it.
        self.length.saturating_mul(self.element_size)
    }

    /// Offset of the element at `index`.
    ///
    /// # Errors
    ///
    /// [`Error::IndexOutOfRange`].
    #[inline]
    pub(super) fn element(self, index: u64) -> Result<u64> {
        match index < self.length {
            true => Ok(self.elements + index * self.element_size),
            false => Err(self.out_of_range(index)),
        }
    }

    /// Offset of the first of `count` elements.
    ///
    /// # Errors
    ///
    /// [`Error::IndexOutOfRange`] with the last of them.
    #[inline]
    pub(super) fn range(self, first: u64, count: u64) -> Result<u64> {
        match first.checked_add(count) {
            Some(end) if end <= self.length => Ok(self.elements + first * self.element_size),
            _ => Err(self.out_of_range(first.saturating_add(count.saturating_sub(1)))),
        }
    }

    #[cold]
    fn out_of_range(self, index: u64) -> Error {
        Error::IndexOutOfRange {
            index,
            length: self.length,
        }
    }
}
