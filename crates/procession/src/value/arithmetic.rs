//! Changing a number.

use procession_objects::AtomicCell;

use super::Value;
use crate::SharedError;
use crate::number::sealed::Word;
use crate::number::{Bits, Number, damaged};

impl<T: Word> Value<T> {
    #[inline]
    fn fetch(&self, work: impl FnOnce(AtomicCell<'_>) -> u64) -> Result<T, SharedError> {
        T::from_word(self.with_cell(work)?).ok_or_else(damaged::<T>)
    }
}

/// Numbers can be changed in one step; each operation returns what the number was before.
impl<T: Number> Value<T> {
    /// Adds to the number and returns what it was before. Integers wrap around at the end of their
    /// range.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    ///
    /// # If a process dies
    ///
    /// It has added, or it has not.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tickets, total) = (procession::Value::new(0u32)?, procession::Value::new(0.0)?);
    /// assert_eq!(tickets.fetch_add(1)?, 0); // mine is number 0
    /// assert_eq!(tickets.fetch_add(1)?, 1);
    /// total.fetch_add(2.5)?;
    /// assert_eq!(total.get()?, 2.5);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    #[inline]
    pub fn fetch_add(&self, number: T) -> Result<T, SharedError> {
        self.fetch(|cell| number.fetch_add(cell))
    }

    /// Subtracts from the number and returns what it was before; wraps as
    /// [`fetch_add`](Value::fetch_add).
    ///
    /// # Errors
    ///
    /// As [`fetch_add`](Value::fetch_add).
    ///
    /// # If a process dies
    ///
    /// It has subtracted, or it has not.
    #[inline]
    pub fn fetch_sub(&self, number: T) -> Result<T, SharedError> {
        self.fetch(|cell| number.fetch_sub(cell))
    }

    /// Makes the number `number` if that is less, and returns what it was before.
    ///
    /// # Errors
    ///
    /// As [`fetch_add`](Value::fetch_add).
    ///
    /// # If a process dies
    ///
    /// The number is the old one or the new one.
    #[inline]
    pub fn fetch_min(&self, number: T) -> Result<T, SharedError> {
        self.fetch(|cell| number.fetch_min(cell))
    }

    /// Makes the number `number` if that is greater, and returns what it was before.
    ///
    /// # Errors
    ///
    /// As [`fetch_add`](Value::fetch_add).
    ///
    /// # If a process dies
    ///
    /// The number is the old one or the new one.
    #[inline]
    pub fn fetch_max(&self, number: T) -> Result<T, SharedError> {
        self.fetch(|cell| number.fetch_max(cell))
    }
}

/// Bits can be changed in one step; each operation returns what they were before.
impl<T: Bits> Value<T> {
    /// Keeps only the bits that are set in `bits`, and returns what was before.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    ///
    /// # If a process dies
    ///
    /// The value is the old one or the new one.
    #[inline]
    pub fn fetch_and(&self, bits: T) -> Result<T, SharedError> {
        self.fetch(|cell| cell.fetch_and(bits.to_word()))
    }

    /// Sets the bits that are set in `bits`, and returns what was before.
    ///
    /// # Errors
    ///
    /// As [`fetch_and`](Value::fetch_and).
    ///
    /// # If a process dies
    ///
    /// The value is the old one or the new one.
    ///
    /// # Examples
    ///
    /// ```
    /// let begun = procession::Value::new(false)?;
    /// assert!(!begun.fetch_or(true)?, "nobody was faster");
    /// assert!(begun.fetch_or(true)?);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    #[inline]
    pub fn fetch_or(&self, bits: T) -> Result<T, SharedError> {
        self.fetch(|cell| cell.fetch_or(bits.to_word()))
    }

    /// Inverts the bits that are set in `bits`, and returns what was before.
    ///
    /// # Errors
    ///
    /// As [`fetch_and`](Value::fetch_and).
    ///
    /// # If a process dies
    ///
    /// The value is the old one or the new one.
    #[inline]
    pub fn fetch_xor(&self, bits: T) -> Result<T, SharedError> {
        self.fetch(|cell| cell.fetch_xor(bits.to_word()))
    }
}
