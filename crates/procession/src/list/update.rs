//! Changes of one element that depend on what it is: read, think, and change it if it still is that.

use procession_cluster::list::Change;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::List;
use super::on_server::{bytes, must_exist, signed, value};
use super::read::read_with;
use super::write::lend;
use crate::SharedError;
use crate::place::Place;
use crate::version::Version;

impl<T: Serialize + DeserializeOwned + 'static> List<T> {
    /// Changes the element at `index` to what `change` makes of it, as one step, and returns that.
    ///
    /// No lock is held while `change` runs: if somebody else puts another element there meanwhile, it
    /// is called again with that. So it may be called several times, and should have no other
    /// effect.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`], [`SharedError::Encode`], [`SharedError::Decode`] and
    /// [`SharedError::OutOfMemory`]; the list is then as before.
    ///
    /// # If a process dies
    ///
    /// The element is as before, or as `change` made it. If it dies within `change`, nobody is
    /// affected.
    ///
    /// # Examples
    ///
    /// ```
    /// let counts = procession::List::new()?;
    /// counts.extend([0, 0, 0])?;
    /// assert_eq!(counts.update(1, |count| count + 1)?, 1);
    /// assert_eq!(counts.to_vec()?, [0, 1, 0]);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn update(&self, index: usize, mut change: impl FnMut(T) -> T) -> Result<T, SharedError> {
        loop {
            let (stamp, old) = self.get_stamped(index)?;
            let new = change(old);
            if self.set_if_still(index, stamp, &new)? {
                return Ok(new);
            }
        }
    }

    /// Puts `new` in the place of the element at `index` if that equals `current`; otherwise says what
    /// it is, as `Ok(Err(_))`.
    ///
    /// # Errors
    ///
    /// As [`update`](List::update).
    ///
    /// # If a process dies
    ///
    /// The element is as before, or the new one.
    ///
    /// # Examples
    ///
    /// ```
    /// let tasks = procession::List::new()?;
    /// tasks.push(&"waiting".to_owned())?;
    /// let (waiting, taken) = ("waiting".to_owned(), "taken".to_owned());
    /// assert_eq!(tasks.compare_exchange(0, &waiting, &taken)?, Ok(()));
    /// assert_eq!(tasks.compare_exchange(0, &waiting, &taken)?, Err(taken));
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn compare_exchange(
        &self,
        index: usize,
        current: &T,
        new: &T,
    ) -> Result<Result<(), T>, SharedError>
    where
        T: PartialEq,
    {
        loop {
            let (stamp, found) = self.get_stamped(index)?;
            if found != *current {
                return Ok(Err(found));
            }
            if self.set_if_still(index, stamp, new)? {
                return Ok(Ok(()));
            }
        }
    }

    /// The element at `index`, and which version of it that is.
    fn get_stamped(&self, index: usize) -> Result<(Version, T), SharedError> {
        let list = match &self.place {
            Place::Memory(list) => list,
            Place::Server(list) => {
                let found = list.get(signed(index))?;
                let entry = found.ok_or(self.out_of_range(index))?;
                let stamp = Version::Server(entry.stamp);
                return Ok((stamp, value(list, entry.value)?));
            }
        };
        let mut stamp = None;
        let found = read_with(list, |list, me, reading| {
            stamp = list.get_stamped(me, index as u64, reading)?;
            Ok(stamp.is_some())
        })?;
        match (stamp, found) {
            (Some(stamp), Some(found)) => Ok((Version::Memory(stamp), found)),
            _ => Err(self.out_of_range(index)),
        }
    }

    /// What is said of a place where nothing is, or was when it was looked at.
    fn out_of_range(&self, index: usize) -> SharedError {
        match self.len() {
            Ok(length) => SharedError::IndexOutOfRange {
                index,
                length: length.min(index),
            },
            Err(error) => error,
        }
    }

    /// Replaces the element if it is still the one that was read; says whether it was.
    fn set_if_still(&self, index: usize, version: Version, new: &T) -> Result<bool, SharedError> {
        let list = match &self.place {
            Place::Memory(list) => list,
            Place::Server(list) => {
                let this = Version::expect_on_server(Some(version));
                let change = list.set(signed(index), &bytes(list, new)?, this)?;
                return must_exist(change).map(|()| change == Change::Made);
            }
        };
        lend(new, |element| {
            let this = Version::expect_in_memory(Some(version));
            Ok(list.with(|list, me| list.set(me, index as u64, element, this))?)
        })
    }
}
