//! Reading and writing elements.

use std::ptr::NonNull;
use std::sync::atomic::{Ordering, fence};

use procession_arena::{Arena, Error, Participant, Result};

use super::extent::Extent;
use super::{NAME, SharedArray};
use crate::AtomicCell;

impl SharedArray {
    /// The element at `index` as a number, to be read and changed: elements of 1, 2, 4 or 8 bytes.
    ///
    /// # Errors
    ///
    /// [`Error::IndexOutOfRange`]; [`Error::WrongContents`] if the elements have another size.
    #[inline]
    pub fn cell<'a>(&self, me: &'a Participant, index: u64) -> Result<AtomicCell<'a>> {
        if self.extent.unit.size() as u64 != self.extent.element_size {
            return Err(self.no_numbers());
        }
        AtomicCell::open(me.arena(), self.extent.unit, self.extent.element(index)?)
    }

    /// Copies elements from the one at `first` on, as many as fit into `target`.
    ///
    /// Elements of 1, 2, 4 or 8 bytes are each read as a whole; larger ones that somebody writes at
    /// the same time may be mixtures.
    ///
    /// # Errors
    ///
    /// [`Error::IndexOutOfRange`] if there are not so many, and then nothing is copied.
    #[inline]
    pub fn read_into(&self, me: &Participant, first: u64, target: &mut [u8]) -> Result<()> {
        let (count, length) = self.extent.whole_elements(target.len());
        let place = self.extent.range(first, count)?;
        let target = &mut target[..length];
        let window = me.arena().window();
        window.read_units(self.extent.unit, place, target)?;
        // What their writers did before is visible from here on.
        fence(Ordering::Acquire);
        Ok(())
    }

    /// Replaces elements from the one at `first` on by those in `source`.
    ///
    /// # Errors
    ///
    /// [`Error::IndexOutOfRange`] if there are not so many, and then nothing is written.
    ///
    /// # If a process dies
    ///
    /// In the middle: some are replaced.
    #[inline]
    pub fn write_from(&self, me: &Participant, first: u64, source: &[u8]) -> Result<()> {
        write_from(me.arena(), self.extent, first, source)
    }

    /// Makes `count` elements from the one at `first` on equal to `element`.
    ///
    /// # Errors
    ///
    /// As [`write_from`](Self::write_from); [`Error::WrongContents`] if `element` is of another
    /// size.
    ///
    /// # If a process dies
    ///
    /// In the middle: some are replaced.
    pub fn fill(&self, me: &Participant, first: u64, count: u64, element: &[u8]) -> Result<()> {
        if element.len() as u64 != self.extent.element_size {
            return Err(self.wrong_size(&format!("elements of {} bytes", element.len())));
        }
        fill(me.arena(), self.extent, first, count, element)
    }

    /// Where the elements are in the memory of this process, aligned to a cache line.
    ///
    /// Any process may write there at any time. Whoever makes references from it must see to it
    /// that nobody does: see `README.md`, "Seeing the elements in place". The address is good while
    /// this process holds the array.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`], never in practice: the place was checked when the array was opened.
    pub fn address(&self, me: &Participant) -> Result<NonNull<[u8]>> {
        let Extent { elements, .. } = self.extent;
        me.arena().window().range(elements, self.extent.bytes())
    }

    #[cold]
    fn no_numbers(&self) -> Error {
        self.wrong_size("elements of 1, 2, 4 or 8 bytes")
    }

    #[cold]
    fn wrong_size(&self, expected: &str) -> Error {
        Error::WrongContents {
            handle: self.object.handle,
            kind: NAME,
            expected: expected.to_owned(),
            found: format!("elements of {} bytes", self.extent.element_size),
        }
    }
}

impl Extent {
    /// How many elements fit into so many bytes, and the bytes that these need.
    #[inline]
    fn whole_elements(self, bytes: usize) -> (u64, usize) {
        let count = (bytes as u64).checked_div(self.element_size).unwrap_or(0);
        (count, (count * self.element_size) as usize)
    }
}

#[inline]
pub(super) fn write_from(arena: &Arena, extent: Extent, first: u64, source: &[u8]) -> Result<()> {
    let (count, length) = extent.whole_elements(source.len());
    let place = extent.range(first, count)?;
    // Whoever sees them sees what this thread did before.
    fence(Ordering::Release);
    let window = arena.window();
    window.write_units(extent.unit, place, &source[..length])
}

/// Bytes that are filled in one go, unless a single element has more.
const FILLED_AT_ONCE: usize = 4096;

/// Writes `element`, which has the right size, `count` times.
pub(super) fn fill(
    arena: &Arena,
    extent: Extent,
    first: u64,
    count: u64,
    element: &[u8],
) -> Result<()> {
    let mut place = extent.range(first, count)?;
    if element.is_empty() {
        return Ok(());
    }
    let at_once = (FILLED_AT_ONCE / element.len()).max(1);
    fence(Ordering::Release);
    let pattern = element.repeat(at_once.min(usize::try_from(count).unwrap_or(at_once)));
    let mut left = count.saturating_mul(extent.element_size);
    while left > 0 {
        let length = left.min(pattern.len() as u64);
        let part = &pattern[..length as usize];
        arena.window().write_units(extent.unit, place, part)?;
        place += length;
        left -= length;
    }
    Ok(())
}
