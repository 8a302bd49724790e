//! The window: the part of the address space through which a process sees the arena.

use std::mem::MaybeUninit;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

use super::step::{self, Step};
use super::{CACHE_LINE, Unit, Word8, Word16, Word32, Word64, bytes, units};
use crate::error::{Error, Result};
use crate::layout::{Layout, header};
use crate::sys::memory::Mapping;

/// The arena's bytes as one process sees them, named by offsets from the start.
///
/// An offset below the *limit* exists in the file and can be touched without a fault; every
/// access is checked against it (invariant 7).
#[derive(Debug)]
pub struct Window {
    mapping: Mapping,
    /// What this process knows to exist; private, and only ever raised.
    limit: AtomicU64,
    /// Where the arena says how much exists by now; not known while its header is being read.
    layout: Option<Layout>,
}

/// `SIZE` bytes of the arena whose existence has been checked once.
#[derive(Clone, Copy, Debug)]
pub struct Region<'a, const SIZE: usize> {
    window: &'a Window,
    offset: u64,
}

impl Window {
    /// A window whose first `limit` bytes are known to exist.
    pub(crate) fn new(mapping: Mapping, limit: u64, layout: Option<Layout>) -> Window {
        Window {
            mapping,
            limit: AtomicU64::new(limit),
            layout,
        }
    }

    /// Bytes that the window could show at most.
    pub fn length(&self) -> u64 {
        self.mapping.length() as u64
    }

    /// Learns that more exists; a limit beyond the window is refused.
    pub(crate) fn raise_limit(&self, limit: u64) -> Result<()> {
        if limit > self.length() {
            return Err(Error::corrupt(
                "the arena claims to be larger than its window",
            ));
        }
        self.limit.fetch_max(limit, Ordering::Relaxed);
        Ok(())
    }

    /// The byte at `offset`.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if there is no such byte.
    #[inline]
    pub fn word8(&self, offset: u64) -> Result<Word8<'_>> {
        self.check(offset, 1, 1)?;
        let address = self.address(offset).as_ptr();
        // SAFETY: the offset was checked for existence; the mapping lives as long as `self`, and
        // every process accesses the byte as an atomic of this size.
        Ok(Word8::new(unsafe { AtomicU8::from_ptr(address) }))
    }

    /// The 16-bit word at `offset`.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if there is no such word.
    #[inline]
    pub fn word16(&self, offset: u64) -> Result<Word16<'_>> {
        self.check(offset, 2, 2)?;
        let address = self.address(offset).as_ptr().cast::<u16>();
        // SAFETY: the offset was checked for existence and alignment; the mapping lives as long
        // as `self`, and every process accesses the word as an atomic of this size.
        Ok(Word16::new(unsafe { AtomicU16::from_ptr(address) }))
    }

    /// The 32-bit word at `offset`.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if there is no such word.
    #[inline]
    pub fn word32(&self, offset: u64) -> Result<Word32<'_>> {
        self.check(offset, 4, 4)?;
        Ok(self.word32_unchecked(offset))
    }

    /// The 64-bit word at `offset`.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if there is no such word.
    #[inline]
    pub fn word64(&self, offset: u64) -> Result<Word64<'_>> {
        self.check(offset, 8, 8)?;
        Ok(self.word64_unchecked(offset))
    }

    /// The `SIZE` bytes at `offset`, aligned to eight.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if they do not all exist.
    #[inline]
    pub fn region<const SIZE: usize>(&self, offset: u64) -> Result<Region<'_, SIZE>> {
        self.check(offset, SIZE as u64, 8)?;
        Ok(Region {
            window: self,
            offset,
        })
    }

    /// Copies `source` into the arena; the rest of the last word becomes zero or stays.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the range, rounded up to whole words, does not exist.
    #[inline]
    pub fn copy_in(&self, offset: u64, source: &[u8]) -> Result<()> {
        self.check(offset, whole_words(source.len())?, 8)?;
        if step::take(Step::Store) {
            // SAFETY: the range was checked above, rounded up to words and aligned.
            unsafe { bytes::copy_in(self.address(offset).as_ptr(), source) };
        }
        Ok(())
    }

    /// Makes `length` bytes of the arena zero; whole words only.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the range does not exist.
    pub fn clear(&self, offset: u64, length: u64) -> Result<()> {
        self.check(offset, length, 8)?;
        if step::take(Step::Store) {
            // SAFETY: the range was checked above and is aligned; the division rounds down.
            unsafe { bytes::clear(self.address(offset).as_ptr(), length as usize / 8) };
        }
        Ok(())
    }

    /// Copies out of the arena, initialising all of `target`.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the range, rounded up to whole words, does not exist.
    #[inline]
    pub fn copy_out(&self, offset: u64, target: &mut [MaybeUninit<u8>]) -> Result<()> {
        self.check(offset, whole_words(target.len())?, 8)?;
        step::take(Step::Load);
        // SAFETY: the range was checked above, rounded up to words and aligned.
        unsafe { bytes::copy_out(self.address(offset).as_ptr(), target) };
        Ok(())
    }

    /// Appends `length` bytes of the arena to `target`.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the range does not exist.
    #[inline]
    pub fn append_to(&self, target: &mut Vec<u8>, offset: u64, length: usize) -> Result<()> {
        // The check comes before the reservation: a damaged length must not exhaust memory.
        self.check(offset, whole_words(length)?, 8)?;
        target.reserve(length);
        self.copy_out(offset, &mut target.spare_capacity_mut()[..length])?;
        let filled = target.len() + length;
        // SAFETY: the capacity was reserved and `copy_out` initialised `length` bytes more.
        unsafe { target.set_len(filled) };
        Ok(())
    }

    /// Copies `source` into the arena, unit by unit, and touches nothing else.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the range does not exist or does not consist of whole units.
    #[inline]
    pub fn write_units(&self, unit: Unit, offset: u64, source: &[u8]) -> Result<()> {
        self.check_units(unit, offset, source.len())?;
        if step::take(Step::Store) {
            // SAFETY: the range was checked above: it exists and consists of whole, aligned units.
            unsafe { units::write(unit, self.address(offset).as_ptr(), source) };
        }
        Ok(())
    }

    /// Copies out of the arena, unit by unit.
    ///
    /// # Errors
    ///
    /// As [`write_units`](Self::write_units).
    #[inline]
    pub fn read_units(&self, unit: Unit, offset: u64, target: &mut [u8]) -> Result<()> {
        self.check_units(unit, offset, target.len())?;
        step::take(Step::Load);
        // SAFETY: the range was checked above: it exists and consists of whole, aligned units.
        unsafe { units::read(unit, self.address(offset).as_ptr(), target) };
        Ok(())
    }

    #[inline]
    fn check_units(&self, unit: Unit, offset: u64, length: usize) -> Result<()> {
        self.check(offset, length as u64, unit.size() as u64)?;
        match length.is_multiple_of(unit.size()) {
            true => Ok(()),
            false => Err(Error::corrupt("an element does not consist of whole units")),
        }
    }

    /// The address of a range that exists, aligned to a cache line: the one way past the door.
    ///
    /// The address is good as long as the window is. To look at what lies there is another matter:
    /// any process may change it at any time, and no store made there is counted by the crash
    /// enumerator. So it is for users who have an agreement of their own about who may write when
    /// (a lock that all of them take), and for nothing inside procession.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the range does not exist or begins elsewhere than at a cache line.
    pub fn range(&self, offset: u64, length: u64) -> Result<NonNull<[u8]>> {
        self.check(offset, length, CACHE_LINE)?;
        let length = usize::try_from(length)
            .map_err(|_| Error::corrupt("a length in the arena is beyond all memory"))?;
        Ok(NonNull::slice_from_raw_parts(self.address(offset), length))
    }

    /// The address of `offset`, for the kernel's life words only.
    pub(crate) fn life_word_room(&self, offset: u64, length: u64) -> Result<NonNull<u8>> {
        self.check(offset, length, 8)?;
        Ok(self.address(offset))
    }

    #[inline]
    fn check(&self, offset: u64, length: u64, alignment: u64) -> Result<()> {
        let inside = match offset.checked_add(length) {
            Some(end) => end <= self.limit.load(Ordering::Relaxed) || self.has_grown_to(end),
            None => false,
        };
        match inside && offset.is_multiple_of(alignment) {
            true => Ok(()),
            false => Err(Error::corrupt("an offset points outside the arena")),
        }
    }

    /// Asks the arena whether another process has made it grow beyond `end`.
    #[cold]
    fn has_grown_to(&self, end: u64) -> bool {
        let Some(layout) = self.layout else {
            return false;
        };
        let pages = self.word64_unchecked(header::COMMITTED_PAGES as u64).load();
        pages <= layout.max_pages
            && self.raise_limit(layout.page(pages)).is_ok()
            && end <= self.limit.load(Ordering::Relaxed)
    }

    #[inline]
    fn address(&self, offset: u64) -> NonNull<u8> {
        // SAFETY: callers have checked that `offset` is below the limit, which is never above the
        // length of the mapping, so the sum stays inside one allocation.
        unsafe { self.mapping.base().add(offset as usize) }
    }

    #[inline]
    fn word32_unchecked(&self, offset: u64) -> Word32<'_> {
        let address = self.address(offset).as_ptr().cast::<u32>();
        // SAFETY: the offset was checked for existence and alignment; the mapping lives as long
        // as `self`, and every process accesses the word as an atomic of this size.
        Word32::new(unsafe { AtomicU32::from_ptr(address) })
    }

    #[inline]
    fn word64_unchecked(&self, offset: u64) -> Word64<'_> {
        let address = self.address(offset).as_ptr().cast::<u64>();
        // SAFETY: the offset was checked for existence and alignment; the mapping lives as long
        // as `self`, and every process accesses the word as an atomic of this size.
        Word64::new(unsafe { AtomicU64::from_ptr(address) })
    }
}

impl<'a, const SIZE: usize> Region<'a, SIZE> {
    /// Where the region begins in the arena.
    pub fn offset(self) -> u64 {
        self.offset
    }

    /// The 32-bit word at `AT` in the region; that it lies inside is checked by the compiler.
    #[inline]
    pub fn word32<const AT: usize>(self) -> Word32<'a> {
        const { assert!(AT.is_multiple_of(4) && AT + 4 <= SIZE) };
        self.window.word32_unchecked(self.offset + AT as u64)
    }

    /// The 64-bit word at `AT` in the region; that it lies inside is checked by the compiler.
    #[inline]
    pub fn word64<const AT: usize>(self) -> Word64<'a> {
        const { assert!(AT.is_multiple_of(8) && AT + 8 <= SIZE) };
        self.window.word64_unchecked(self.offset + AT as u64)
    }
}

#[inline]
fn whole_words(length: usize) -> Result<u64> {
    (length as u64)
        .checked_next_multiple_of(8)
        .ok_or_else(|| Error::corrupt("a length in the arena is beyond all memory"))
}
