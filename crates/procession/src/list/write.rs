//! Adding, replacing and taking elements.

use std::borrow::Borrow;
use std::ops::RangeBounds;

use procession_arena::Handle;
use procession_objects::{Element, Expect};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::List;
use super::read::positions;
use crate::SharedError;
use crate::codec::{Scratch, encode, raw_bytes};
use crate::dict::value::lend_value;

impl<T: Serialize + 'static> List<T> {
    /// Adds an element at the end.
    ///
    /// # Errors
    ///
    /// [`SharedError::Encode`] and [`SharedError::OutOfMemory`]; the list is then as before.
    ///
    /// # If a process dies
    ///
    /// The element is there, or not.
    #[inline]
    pub fn push(&self, value: &T) -> Result<(), SharedError> {
        self.lend(value, |element| {
            Ok(self.attachment.with(|list, me| list.push(me, element))?)
        })
    }

    /// Puts another element in the place of the one at `index`.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`], and those of [`push`](List::push).
    ///
    /// # If a process dies
    ///
    /// The element is the former one or the new one.
    #[inline]
    pub fn set(&self, index: usize, value: &T) -> Result<(), SharedError> {
        self.lend(value, |element| {
            let anything = Expect::Anything;
            self.attachment
                .with(|list, me| list.set(me, index as u64, element, anything))?;
            Ok(())
        })
    }

    /// Puts an element before the one at `index`, or at the end if `index` is the length.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`] if the list is shorter, and those of [`push`](List::push).
    ///
    /// # If a process dies
    ///
    /// The element is there, or not.
    pub fn insert(&self, index: usize, value: &T) -> Result<(), SharedError> {
        self.lend(value, |element| {
            self.attachment
                .with(|list, me| list.insert(me, index as u64, element))?;
            Ok(())
        })
    }

    /// Adds elements at the end, as one change: others see all of them or none, and nothing of
    /// anybody else between them.
    ///
    /// # Errors
    ///
    /// As [`push`](List::push).
    ///
    /// # If a process dies
    ///
    /// All elements are there, or none.
    ///
    /// # Examples
    ///
    /// ```
    /// let numbers = procession::List::new()?;
    /// numbers.extend([1, 2])?;
    /// numbers.extend(&vec![3, 4])?;
    /// assert_eq!(numbers.to_vec()?, [1, 2, 3, 4]);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn extend<I>(&self, values: I) -> Result<(), SharedError>
    where
        I: IntoIterator<Item: Borrow<T>>,
    {
        lend_all(values, |elements| {
            Ok(self.attachment.with(|list, me| list.extend(me, elements))?)
        })
    }

    /// Puts `values`, as many as there may be, in the place of the elements at the positions in
    /// `range`, as one change.
    ///
    /// The range ends at the end of the list if not before. With an empty range, the values are
    /// inserted; to put nothing there, use [`remove_range`](List::remove_range).
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`] if the range begins beyond the end, and those of
    /// [`push`](List::push).
    ///
    /// # If a process dies
    ///
    /// All elements are replaced, or none.
    ///
    /// # Examples
    ///
    /// ```
    /// let letters = procession::List::new()?;
    /// letters.extend(['a', 'x', 'y', 'e'])?;
    /// letters.splice(1..3, ['b', 'c', 'd'])?;
    /// assert_eq!(letters.to_vec()?, ['a', 'b', 'c', 'd', 'e']);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn splice<I>(&self, range: impl RangeBounds<usize>, values: I) -> Result<(), SharedError>
    where
        I: IntoIterator<Item: Borrow<T>>,
    {
        let range = positions(&range);
        lend_all(values, |elements| {
            self.attachment
                .with(|list, me| list.splice(me, range, elements))?;
            Ok(())
        })
    }

    /// Encodes `value` for the time of `work`.
    #[inline]
    pub(super) fn lend<R>(
        &self,
        value: &T,
        work: impl FnOnce(Element<'_>) -> Result<R, SharedError>,
    ) -> Result<R, SharedError> {
        Scratch::lend(|scratch| {
            lend_value(value, &mut scratch.outgoing, |bytes, handles| {
                work(Element { bytes, handles })
            })
        })
    }
}

impl<T> List<T> {
    /// Removes the elements at the positions in `range`, as one change.
    ///
    /// The range ends at the end of the list if not before.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`] if the range begins beyond the end, and
    /// [`SharedError::OutOfMemory`]; the list is then as before.
    ///
    /// # If a process dies
    ///
    /// All these elements are removed, or none.
    ///
    /// # Examples
    ///
    /// ```
    /// let letters = procession::List::new()?;
    /// letters.extend(['a', 'b', 'c', 'd'])?;
    /// letters.remove_range(1..3)?;
    /// assert_eq!(letters.to_vec()?, ['a', 'd']);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn remove_range(&self, range: impl RangeBounds<usize>) -> Result<(), SharedError> {
        let range = positions(&range);
        Ok(self
            .attachment
            .with(|list, me| list.splice(me, range, &[]))?)
    }
}

impl<T: DeserializeOwned + 'static> List<T> {
    /// Takes the last element away and returns it; `None` if there is none.
    ///
    /// It needs no memory, so that it works when there is none left.
    ///
    /// # Errors
    ///
    /// [`SharedError::Decode`] if it cannot be deserialized: it is taken all the same.
    ///
    /// # If a process dies
    ///
    /// The element is in the list, or was taken by the dead process and is lost with it.
    pub fn pop(&self) -> Result<Option<T>, SharedError> {
        self.read_with(|list, me, reading| list.pop(me, reading))
    }

    /// Takes the element at `index` away and returns it.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`] and [`SharedError::OutOfMemory`]; the list is then as before.
    /// [`SharedError::Decode`] if it cannot be deserialized: it is taken all the same.
    ///
    /// # If a process dies
    ///
    /// As with [`pop`](List::pop).
    pub fn remove(&self, index: usize) -> Result<T, SharedError> {
        let removed = self
            .read_with(|list, me, reading| list.remove(me, index as u64, reading).map(|()| true))?;
        removed.ok_or(SharedError::Empty)
    }
}

/// Encodes all values for the time of `work`.
fn lend_all<T, I, R>(
    values: I,
    work: impl FnOnce(&[Element<'_>]) -> Result<R, SharedError>,
) -> Result<R, SharedError>
where
    T: Serialize + 'static,
    I: IntoIterator<Item: Borrow<T>>,
{
    let mut encoded: Vec<(Vec<u8>, Vec<Handle>, I::Item)> = Vec::new();
    for value in values {
        let mut bytes = Vec::new();
        let mut handles = Vec::new();
        match raw_bytes(value.borrow()) {
            Some(raw) => bytes.extend_from_slice(raw),
            None => handles = encode(value.borrow(), &mut bytes).map_err(SharedError::encode)?,
        }
        // What the handles name is held by the value until all of it is in the list.
        encoded.push((bytes, handles, value));
    }
    let elements: Vec<_> = encoded
        .iter()
        .map(|(bytes, handles, _)| Element { bytes, handles })
        .collect();
    work(&elements)
}
