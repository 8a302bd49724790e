//! Changing a single number of an array.

use procession_cluster::array::Operation;
use procession_objects::{AtomicCell, SharedArray as Core};

use super::{SharedArray, on_server};
use crate::SharedError;
use crate::attachment::Attachment;
use crate::number::sealed::Word;
use crate::number::{Bits, Number, damaged};
use crate::place::Place;

#[inline]
fn with_cell<R>(
    array: &Attachment<Core>,
    index: usize,
    work: impl FnOnce(AtomicCell<'_>) -> R,
) -> Result<R, SharedError> {
    Ok(array.with(|core, me| core.cell(me, index as u64).map(work))?)
}

#[inline]
fn fetch<T: Word>(
    array: &Attachment<Core>,
    index: usize,
    work: impl FnOnce(AtomicCell<'_>) -> u64,
) -> Result<T, SharedError> {
    T::from_word(with_cell(array, index, work)?).ok_or_else(damaged::<T>)
}

/// Numbers can be changed in one step, whoever else changes them; each operation returns what the number
/// was before.
impl<T: Number> SharedArray<T> {
    /// Replaces the number at `index` and returns what it was before.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`].
    ///
    /// # If a process dies
    ///
    /// The number is the old one or the new one.
    #[inline]
    pub fn swap(&self, index: usize, number: T) -> Result<T, SharedError> {
        match &self.place {
            Place::Memory(array) => fetch(array, index, |cell| cell.swap(number.to_word())),
            Place::Server(array) => on_server::change(array, index, Operation::Swap, number),
        }
    }

    /// Replaces the number at `index` by `new` if it is `current`, to the bit; otherwise says what it
    /// is, as `Ok(Err(_))`.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`].
    ///
    /// # If a process dies
    ///
    /// The number is the old one or the new one.
    ///
    /// # Examples
    ///
    /// ```
    /// let owners = procession::SharedArray::new(8, 0u32)?;
    /// assert_eq!(owners.compare_exchange(3, 0, 77)?, Ok(()));
    /// assert_eq!(owners.compare_exchange(3, 0, 88)?, Err(77));
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    #[inline]
    pub fn compare_exchange(
        &self,
        index: usize,
        current: T,
        new: T,
    ) -> Result<Result<(), T>, SharedError> {
        let array = match &self.place {
            Place::Memory(array) => array,
            Place::Server(array) => {
                return on_server::compare_exchange(array, index, current, new);
            }
        };
        let (current, new) = (current.to_word(), new.to_word());
        match with_cell(array, index, |cell| cell.compare_exchange(current, new))? {
            Ok(()) => Ok(Ok(())),
            Err(found) => T::from_word(found).map(Err).ok_or_else(damaged::<T>),
        }
    }

    /// Adds to the number at `index` and returns what it was before. Integers wrap around at the end of
    /// their range.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`].
    ///
    /// # If a process dies
    ///
    /// It has added, or it has not.
    ///
    /// # Examples
    ///
    /// ```
    /// let histogram = procession::SharedArray::new(256, 0u64)?;
    /// for byte in b"abracadabra" {
    ///     histogram.fetch_add((*byte).into(), 1)?;
    /// }
    /// assert_eq!(histogram.get(b'a'.into())?, 5);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    #[inline]
    pub fn fetch_add(&self, index: usize, number: T) -> Result<T, SharedError> {
        match &self.place {
            Place::Memory(array) => fetch(array, index, |cell| number.fetch_add(cell)),
            Place::Server(array) => on_server::change(array, index, T::ADDING, number),
        }
    }

    /// Subtracts from the number at `index` and returns what it was before; wraps as
    /// [`fetch_add`](SharedArray::fetch_add).
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`].
    ///
    /// # If a process dies
    ///
    /// It has subtracted, or it has not.
    #[inline]
    pub fn fetch_sub(&self, index: usize, number: T) -> Result<T, SharedError> {
        match &self.place {
            Place::Memory(array) => fetch(array, index, |cell| number.fetch_sub(cell)),
            Place::Server(array) => on_server::change(array, index, T::ADDING, number.negated()),
        }
    }

    /// Makes the number at `index` `number` if that is less, and returns what it was before.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`].
    ///
    /// # If a process dies
    ///
    /// The number is the old one or the new one.
    #[inline]
    pub fn fetch_min(&self, index: usize, number: T) -> Result<T, SharedError> {
        match &self.place {
            Place::Memory(array) => fetch(array, index, |cell| number.fetch_min(cell)),
            Place::Server(array) => on_server::update(array, index, |found: T| found.least(number)),
        }
    }

    /// Makes the number at `index` `number` if that is greater, and returns what it was before.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`].
    ///
    /// # If a process dies
    ///
    /// The number is the old one or the new one.
    #[inline]
    pub fn fetch_max(&self, index: usize, number: T) -> Result<T, SharedError> {
        match &self.place {
            Place::Memory(array) => fetch(array, index, |cell| number.fetch_max(cell)),
            Place::Server(array) => {
                on_server::update(array, index, |found: T| found.greatest(number))
            }
        }
    }
}

/// Bits can be changed in one step; each operation returns what they were before.
impl<T: Bits> SharedArray<T> {
    /// Keeps only those bits of the element at `index` that are set in `bits`, and returns what it was
    /// before.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`].
    ///
    /// # If a process dies
    ///
    /// The element is the old one or the new one.
    #[inline]
    pub fn fetch_and(&self, index: usize, bits: T) -> Result<T, SharedError> {
        match &self.place {
            Place::Memory(array) => fetch(array, index, |cell| cell.fetch_and(bits.to_word())),
            Place::Server(array) => on_server::change(array, index, Operation::And, bits),
        }
    }

    /// Sets those bits of the element at `index` that are set in `bits`, and returns what it was before.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`].
    ///
    /// # If a process dies
    ///
    /// The element is the old one or the new one.
    #[inline]
    pub fn fetch_or(&self, index: usize, bits: T) -> Result<T, SharedError> {
        match &self.place {
            Place::Memory(array) => fetch(array, index, |cell| cell.fetch_or(bits.to_word())),
            Place::Server(array) => on_server::change(array, index, Operation::Or, bits),
        }
    }

    /// Inverts those bits of the element at `index` that are set in `bits`, and returns what it was
    /// before.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`].
    ///
    /// # If a process dies
    ///
    /// The element is the old one or the new one.
    #[inline]
    pub fn fetch_xor(&self, index: usize, bits: T) -> Result<T, SharedError> {
        match &self.place {
            Place::Memory(array) => fetch(array, index, |cell| cell.fetch_xor(bits.to_word())),
            Place::Server(array) => on_server::change(array, index, Operation::Xor, bits),
        }
    }
}
