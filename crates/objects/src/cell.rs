//! A number of 1, 2, 4 or 8 bytes in shared memory that any process may change at any time.
//!
//! Each operation is one atomic instruction on a word of just that width, or a loop around the
//! exchange; so a thread that is killed in it has either done it or not. Values go in and out in
//! the lower bits of a `u64`, the upper ones zero; those that do not fit are cut off.

use procession_arena::mem::{Unit, Window, Word8, Word16, Word32, Word64};
use procession_arena::{Arena, Result};

/// A place in shared memory that holds a number, with the atomic operations on it.
#[derive(Clone, Copy, Debug)]
pub struct AtomicCell<'a>(Width<'a>);

#[derive(Clone, Copy, Debug)]
enum Width<'a> {
    One(Word8<'a>),
    Two(Word16<'a>),
    Four(Word32<'a>),
    Eight(Word64<'a>),
}

/// Does the same with the word of whichever width; `cut` makes a value as wide as that.
macro_rules! with_word {
    ($cell:expr, |$word:ident, $cut:ident| $body:expr) => {
        match $cell.0 {
            Width::One($word) => {
                let $cut = |value: u64| value as u8;
                $body
            }
            Width::Two($word) => {
                let $cut = |value: u64| value as u16;
                $body
            }
            Width::Four($word) => {
                let $cut = |value: u64| value as u32;
                $body
            }
            Width::Eight($word) => {
                let $cut = |value: u64| value;
                $body
            }
        }
    };
}

#[inline]
fn widen(value: impl Into<u64>) -> u64 {
    value.into()
}

impl<'a> AtomicCell<'a> {
    #[inline]
    pub(crate) fn open(arena: &'a Arena, unit: Unit, offset: u64) -> Result<AtomicCell<'a>> {
        let window: &Window = arena.window();
        Ok(AtomicCell(match unit {
            Unit::One => Width::One(window.word8(offset)?),
            Unit::Two => Width::Two(window.word16(offset)?),
            Unit::Four => Width::Four(window.word32(offset)?),
            Unit::Eight => Width::Eight(window.word64(offset)?),
        }))
    }

    /// Reads the number; what its writer did before is visible afterwards.
    #[inline]
    pub fn load(self) -> u64 {
        with_word!(self, |word, _cut| widen(word.load()))
    }

    /// Reads the number, in one order with all exchanges that any thread makes.
    #[inline]
    pub fn load_in_total_order(self) -> u64 {
        with_word!(self, |word, _cut| widen(word.load_in_total_order()))
    }

    /// Writes the number after everything this thread did before.
    #[inline]
    pub fn store(self, value: u64) {
        with_word!(self, |word, cut| word.store(cut(value)));
    }

    /// Replaces the number and returns what it was; a full fence, as are all that follow.
    #[inline]
    pub fn swap(self, value: u64) -> u64 {
        with_word!(self, |word, cut| widen(word.swap(cut(value))))
    }

    /// Replaces the number if it is `expected`.
    ///
    /// # Errors
    ///
    /// The number that was found instead.
    #[inline]
    pub fn compare_exchange(self, expected: u64, new: u64) -> Result<(), u64> {
        with_word!(self, |word, cut| {
            let outcome = word.compare_exchange(cut(expected), cut(new));
            outcome.map_err(widen)
        })
    }

    /// Adds to the number and returns what it was; it wraps around at its width, whether or not it
    /// is taken for a signed one.
    #[inline]
    pub fn fetch_add(self, value: u64) -> u64 {
        with_word!(self, |word, cut| widen(word.fetch_add(cut(value))))
    }

    /// Subtracts from the number and returns what it was; wraps as [`fetch_add`](Self::fetch_add).
    #[inline]
    pub fn fetch_sub(self, value: u64) -> u64 {
        self.fetch_add(value.wrapping_neg())
    }

    /// Keeps only the given bits of the number and returns what it was.
    #[inline]
    pub fn fetch_and(self, bits: u64) -> u64 {
        with_word!(self, |word, cut| widen(word.fetch_and(cut(bits))))
    }

    /// Sets bits of the number and returns what it was.
    #[inline]
    pub fn fetch_or(self, bits: u64) -> u64 {
        with_word!(self, |word, cut| widen(word.fetch_or(cut(bits))))
    }

    /// Inverts bits of the number and returns what it was.
    #[inline]
    pub fn fetch_xor(self, bits: u64) -> u64 {
        with_word!(self, |word, cut| widen(word.fetch_xor(cut(bits))))
    }

    /// Replaces the number by what `change` makes of it, unless that is `None`; `change` is asked
    /// again whenever somebody else was faster.
    ///
    /// # Errors
    ///
    /// The number for which `change` had no successor.
    #[inline]
    pub fn fetch_update(self, mut change: impl FnMut(u64) -> Option<u64>) -> Result<u64, u64> {
        let mut found = self.load_in_total_order();
        loop {
            let new = change(found).ok_or(found)?;
            match self.compare_exchange(found, new) {
                Ok(()) => return Ok(found),
                Err(other) => found = other,
            }
        }
    }
}
