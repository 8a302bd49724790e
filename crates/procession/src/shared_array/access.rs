//! Reading and writing elements.

use std::ops::{Bound, RangeBounds};

use bytemuck::{Pod, bytes_of, bytes_of_mut, cast_slice, cast_slice_mut, zeroed_vec};

use super::SharedArray;
use crate::SharedError;
use crate::place::Place;

impl<T: Pod> SharedArray<T> {
    /// The element at `index`.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`].
    #[inline]
    pub fn get(&self, index: usize) -> Result<T, SharedError> {
        let mut element = T::zeroed();
        self.read_bytes(index, bytes_of_mut(&mut element))?;
        self.must_exist(index)?;
        Ok(element)
    }

    /// Replaces the element at `index`.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`].
    ///
    /// # If a process dies
    ///
    /// An element of 1, 2, 4 or 8 bytes is the old one or the new one; a larger one may be a mixture.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{SharedArray, SharedError};
    ///
    /// let board = SharedArray::new(9, 0u8)?;
    /// board.set(4, b'X')?;
    /// assert_eq!(board.get(4)?, b'X');
    /// assert_eq!(
    ///     board.set(9, b'O'),
    ///     Err(SharedError::IndexOutOfRange { index: 9, length: 9 })
    /// );
    /// # Ok::<_, SharedError>(())
    /// ```
    #[inline]
    pub fn set(&self, index: usize, element: T) -> Result<(), SharedError> {
        self.write_bytes(index, bytes_of(&element))?;
        self.must_exist(index)
    }

    /// Copies elements from the one at `first` on, as many as there are in `target`.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`] if there are not so many; nothing is copied then.
    #[inline]
    pub fn read_into(&self, first: usize, target: &mut [T]) -> Result<(), SharedError> {
        self.read_bytes(first, cast_elements_mut(target))
    }

    /// Replaces elements from the one at `first` on by those in `source`.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`] if there are not so many; nothing is written then.
    ///
    /// # If a process dies
    ///
    /// In the middle: some are written.
    #[inline]
    pub fn write_from(&self, first: usize, source: &[T]) -> Result<(), SharedError> {
        self.write_bytes(first, cast_elements(source))
    }

    /// A copy of all elements, as they were one after the other.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn to_vec(&self) -> Result<Vec<T>, SharedError> {
        self.range_to_vec(..)
    }

    /// A copy of the elements of a range.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`].
    pub fn range_to_vec(&self, range: impl RangeBounds<usize>) -> Result<Vec<T>, SharedError> {
        let (first, count) = self.bounds(range)?;
        let mut elements = zeroed_vec(count);
        self.read_into(first, &mut elements)?;
        Ok(elements)
    }

    /// Makes all elements of a range equal to `element`.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`]; nothing is written then.
    ///
    /// # If a process dies
    ///
    /// In the middle: some are written.
    ///
    /// # Examples
    ///
    /// ```
    /// let samples = procession::SharedArray::new(4, 0i16)?;
    /// samples.fill(1..3, -1)?;
    /// assert_eq!(samples.to_vec()?, [0, -1, -1, 0]);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn fill(&self, range: impl RangeBounds<usize>, element: T) -> Result<(), SharedError> {
        let (first, count) = self.bounds(range)?;
        let (first, count) = (first as u64, count as u64);
        match &self.place {
            Place::Memory(array) => {
                Ok(array.with(|core, me| core.fill(me, first, count, bytes_of(&element)))?)
            }
            Place::Server(array) => Ok(array.fill(first, count, bytes_of(&element))?),
        }
    }

    #[inline]
    fn read_bytes(&self, first: usize, target: &mut [u8]) -> Result<(), SharedError> {
        match &self.place {
            Place::Memory(array) => {
                Ok(array.with(|core, me| core.read_into(me, first as u64, target))?)
            }
            Place::Server(array) => Ok(array.read_into(first as u64, target)?),
        }
    }

    #[inline]
    fn write_bytes(&self, first: usize, source: &[u8]) -> Result<(), SharedError> {
        match &self.place {
            Place::Memory(array) => {
                Ok(array.with(|core, me| core.write_from(me, first as u64, source))?)
            }
            Place::Server(array) => Ok(array.write_from(first as u64, source)?),
        }
    }

    /// For elements without any bytes, of which copying does not notice that there are too few.
    #[inline]
    fn must_exist(&self, index: usize) -> Result<(), SharedError> {
        match size_of::<T>() == 0 && index >= self.len() {
            true => Err(self.out_of_range(index)),
            false => Ok(()),
        }
    }

    /// The first element of a range, and how many there are in it.
    fn bounds(&self, range: impl RangeBounds<usize>) -> Result<(usize, usize), SharedError> {
        let first = match range.start_bound() {
            Bound::Included(first) => *first,
            Bound::Excluded(before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(last) => last.saturating_add(1),
            Bound::Excluded(end) => *end,
            Bound::Unbounded => self.len(),
        };
        match first <= end && end <= self.len() {
            true => Ok((first, end - first)),
            false => Err(self.out_of_range(first.max(end.saturating_sub(1)))),
        }
    }

    #[cold]
    fn out_of_range(&self, index: usize) -> SharedError {
        let length = self.len();
        SharedError::IndexOutOfRange { index, length }
    }
}

/// The bytes of elements; none if an element has none.
#[inline]
fn cast_elements<T: Pod>(elements: &[T]) -> &[u8] {
    match size_of::<T>() {
        0 => &[],
        _ => cast_slice(elements),
    }
}

#[inline]
fn cast_elements_mut<T: Pod>(elements: &mut [T]) -> &mut [u8] {
    match size_of::<T>() {
        0 => &mut [],
        _ => cast_slice_mut(elements),
    }
}
