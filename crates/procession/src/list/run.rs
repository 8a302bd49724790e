//! Changing runs of elements.

use std::borrow::Borrow;
use std::ops::{Range, RangeBounds};

use procession_arena::Handle;
use procession_cluster::list::{List as OnServer, Run};
use procession_objects::Element;
use serde::Serialize;

use super::List;
use super::on_server::{bytes, must_have_existed};
use super::read::positions;
use crate::SharedError;
use crate::codec::{encode, raw_bytes};
use crate::on_server::length;
use crate::place::Place;

impl<T: Serialize + 'static> List<T> {
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
        match &self.place {
            Place::Memory(list) => lend_all(values, |elements| {
                Ok(list.with(|list, me| list.extend(me, elements))?)
            }),
            Place::Server(list) => bytes_of_all(list, values, |values| Ok(list.extend(values)?)),
        }
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
        match &self.place {
            Place::Memory(list) => lend_all(values, |elements| {
                list.with(|list, me| list.splice(me, range, elements))?;
                Ok(())
            }),
            Place::Server(list) => {
                bytes_of_all(list, values, |values| splice_on_server(list, range, values))
            }
        }
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
        match &self.place {
            Place::Memory(list) => Ok(list.with(|list, me| list.splice(me, range, &[]))?),
            Place::Server(list) => splice_on_server(list, range, &[]),
        }
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

/// Gives the values to `work` as they go to the server.
fn bytes_of_all<T, I, R>(
    list: &OnServer,
    values: I,
    work: impl FnOnce(&[&[u8]]) -> Result<R, SharedError>,
) -> Result<R, SharedError>
where
    T: Serialize + 'static,
    I: IntoIterator<Item: Borrow<T>>,
{
    let encoded = values.into_iter().map(|value| bytes(list, value.borrow()));
    let encoded: Vec<_> = encoded.collect::<Result<_, _>>()?;
    let elements: Vec<_> = encoded.iter().map(Vec::as_slice).collect();
    work(&elements)
}

fn splice_on_server(
    list: &OnServer,
    range: Range<u64>,
    values: &[&[u8]],
) -> Result<(), SharedError> {
    let splice = list.splice(Run::Exactly(range.start, range.end), values, None)?;
    must_have_existed(splice, length(range.start)).map(drop)
}
