//! Changing a number.

use procession_cluster::value::Value as OnServer;
use procession_objects::{AtomicCell, Value as Core};

use super::{Value, with_cell};
use crate::SharedError;
use crate::attachment::Attachment;
use crate::number::sealed::Word;
use crate::number::{Bits, Number, damaged};
use crate::place::Place;

#[inline]
fn fetch<T: Word>(
    value: &Attachment<Core>,
    work: impl FnOnce(AtomicCell<'_>) -> u64,
) -> Result<T, SharedError> {
    T::from_word(with_cell(value, work)?).ok_or_else(damaged::<T>)
}

/// Changes the bits of a value on a server, and returns the former ones.
fn combine<T: Bits>(value: &OnServer, bits: impl Fn(T) -> u64) -> Result<T, SharedError> {
    let former = value.update_number(|found: T| {
        let next = bits(found);
        T::from_word(next).filter(|next| next.to_word() != found.to_word())
    })?;
    Ok(former)
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
        match &self.place {
            Place::Memory(value) => fetch(value, |cell| number.fetch_add(cell)),
            Place::Server(value) => Ok(value.fetch_add(number)?),
        }
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
        match &self.place {
            Place::Memory(value) => fetch(value, |cell| number.fetch_sub(cell)),
            Place::Server(value) => Ok(value.fetch_sub(number)?),
        }
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
        match &self.place {
            Place::Memory(value) => fetch(value, |cell| number.fetch_min(cell)),
            Place::Server(value) => Ok(value.fetch_min(number)?),
        }
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
        match &self.place {
            Place::Memory(value) => fetch(value, |cell| number.fetch_max(cell)),
            Place::Server(value) => Ok(value.fetch_max(number)?),
        }
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
        match &self.place {
            Place::Memory(value) => fetch(value, |cell| cell.fetch_and(bits.to_word())),
            Place::Server(value) => combine(value, |found: T| found.to_word() & bits.to_word()),
        }
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
        match &self.place {
            Place::Memory(value) => fetch(value, |cell| cell.fetch_or(bits.to_word())),
            Place::Server(value) => combine(value, |found: T| found.to_word() | bits.to_word()),
        }
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
        match &self.place {
            Place::Memory(value) => fetch(value, |cell| cell.fetch_xor(bits.to_word())),
            Place::Server(value) => combine(value, |found: T| found.to_word() ^ bits.to_word()),
        }
    }
}
