//! Changing single elements.

use procession_cluster as cluster;
use procession_cluster::list::{Run, Splice};
use procession_objects::{Element, Expect};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::List;
use super::on_server::{bytes, must_exist, must_have_existed, signed, value};
use super::read::read_with;
use crate::SharedError;
use crate::codec::Scratch;
use crate::dict::value::lend_value;
use crate::place::Place;

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
        match &self.place {
            Place::Memory(list) => lend(value, |element| {
                Ok(list.with(|list, me| list.push(me, element))?)
            }),
            Place::Server(list) => Ok(list.push(&bytes(list, value)?)?),
        }
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
        let list = match &self.place {
            Place::Memory(list) => list,
            Place::Server(list) => {
                let (value, anything) = (bytes(list, value)?, cluster::Expect::Anything);
                return must_exist(list.set(signed(index), &value, anything)?);
            }
        };
        lend(value, |element| {
            let anything = Expect::Anything;
            list.with(|list, me| list.set(me, index as u64, element, anything))?;
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
        let list = match &self.place {
            Place::Memory(list) => list,
            Place::Server(list) => {
                let (value, place) = (
                    bytes(list, value)?,
                    Run::Exactly(index as u64, index as u64),
                );
                let splice = list.splice(place, &[&value], None)?;
                return must_have_existed(splice, index).map(drop);
            }
        };
        lend(value, |element| {
            list.with(|list, me| list.insert(me, index as u64, element))?;
            Ok(())
        })
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
        match &self.place {
            Place::Memory(list) => read_with(list, |list, me, reading| list.pop(me, reading)),
            Place::Server(list) => match list.take(-1)? {
                Splice::Made { former } => former.map(|element| value(list, element)).transpose(),
                Splice::Refused | Splice::OutOfRange { .. } => Ok(None),
            },
        }
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
        let removed = match &self.place {
            Place::Memory(list) => read_with(list, |list, me, reading| {
                list.remove(me, index as u64, reading).map(|()| true)
            })?,
            Place::Server(list) => must_have_existed(list.take(signed(index))?, index)?
                .map(|element| value(list, element))
                .transpose()?,
        };
        removed.ok_or(SharedError::Empty)
    }
}

/// Gives the encoded value to `work`.
#[inline]
pub(super) fn lend<T: Serialize + 'static, R>(
    value: &T,
    work: impl FnOnce(Element<'_>) -> Result<R, SharedError>,
) -> Result<R, SharedError> {
    Scratch::lend(|scratch| {
        lend_value(value, &mut scratch.outgoing, |bytes, handles| {
            work(Element { bytes, handles })
        })
    })
}
