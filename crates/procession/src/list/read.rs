//! Reading elements, one or many.

use std::ops::{Bound, RangeBounds};
use std::vec;

use procession_arena::{Error, Participant};
use procession_cluster::list::List as OnServer;
use procession_objects::{List as Core, Reading, Snapshot};
use serde::de::DeserializeOwned;

use super::List;
use super::on_server::{signed, value, values};
use crate::SharedError;
use crate::attachment::Attachment;
use crate::codec::{Scratch, decode_copy};
use crate::dict::value::{prepare, take_value};
use crate::passengers::Passengers;
use crate::place::Place;

impl<T: DeserializeOwned + 'static> List<T> {
    /// The element at `index`, if there is one.
    ///
    /// # Errors
    ///
    /// [`SharedError::Decode`] if it cannot be deserialized.
    #[inline]
    pub fn get(&self, index: usize) -> Result<Option<T>, SharedError> {
        match &self.place {
            Place::Memory(list) => read_with(list, |list, me, reading| {
                list.get(me, index as u64, reading)
            }),
            Place::Server(list) => get_on_server(list, signed(index)),
        }
    }

    /// The first element, if there is one.
    ///
    /// # Errors
    ///
    /// As [`get`](List::get).
    pub fn first(&self) -> Result<Option<T>, SharedError> {
        self.get(0)
    }

    /// The last element, if there is one.
    ///
    /// # Errors
    ///
    /// As [`get`](List::get).
    pub fn last(&self) -> Result<Option<T>, SharedError> {
        match &self.place {
            Place::Memory(list) => read_with(list, |list, me, reading| list.get_last(me, reading)),
            Place::Server(list) => get_on_server(list, -1),
        }
    }

    /// The elements at the positions in `range`, as they are at one moment; fewer, or none, if the list
    /// ends before.
    ///
    /// # Errors
    ///
    /// As [`get`](List::get).
    ///
    /// # Examples
    ///
    /// ```
    /// let letters = procession::List::new()?;
    /// letters.extend("abcdef".chars())?;
    /// assert_eq!(letters.slice(1..3)?, ['b', 'c']);
    /// assert_eq!(letters.slice(4..)?, ['e', 'f']);
    /// assert_eq!(letters.slice(4..100)?, ['e', 'f']);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn slice(&self, range: impl RangeBounds<usize>) -> Result<Vec<T>, SharedError> {
        let range = positions(&range);
        let list = match &self.place {
            Place::Memory(list) => list,
            Place::Server(list) => {
                let [start, stop] = [range.start, range.end].map(|end| i64::try_from(end).ok());
                let start = start.or(Some(i64::MAX));
                return values(list, list.snapshot_of(start, stop)?.entries()?);
            }
        };
        let mut snapshot = Snapshot::default();
        list.with(|list, me| list.snapshot_of(me, range, &mut snapshot))?;
        decode_all(&snapshot)
    }

    /// All elements as they are at one moment.
    ///
    /// # Errors
    ///
    /// As [`get`](List::get).
    pub fn to_vec(&self) -> Result<Vec<T>, SharedError> {
        self.slice(..)
    }

    /// All elements as they are at one moment.
    ///
    /// It is a copy: others may change the list meanwhile, and so may the loop itself.
    ///
    /// # Errors
    ///
    /// As [`get`](List::get).
    ///
    /// # Examples
    ///
    /// ```
    /// let list = procession::List::new()?;
    /// list.extend([1, 2, 3])?;
    /// for number in list.iter()? {
    ///     list.push(&(number * 10))?;
    /// }
    /// assert_eq!(list.to_vec()?, [1, 2, 3, 10, 20, 30]);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn iter(&self) -> Result<vec::IntoIter<T>, SharedError> {
        Ok(self.to_vec()?.into_iter())
    }

    /// The position of the first element that equals `value`, if there is one.
    ///
    /// # Errors
    ///
    /// As [`get`](List::get).
    pub fn index_of(&self, value: &T) -> Result<Option<usize>, SharedError>
    where
        T: PartialEq,
    {
        Ok(self.iter()?.position(|element| element == *value))
    }

    /// Whether an element equals `value`.
    ///
    /// # Errors
    ///
    /// As [`get`](List::get).
    pub fn contains(&self, value: &T) -> Result<bool, SharedError>
    where
        T: PartialEq,
    {
        Ok(self.index_of(value)?.is_some())
    }

    /// How many elements equal `value`.
    ///
    /// # Errors
    ///
    /// As [`get`](List::get).
    pub fn count(&self, value: &T) -> Result<usize, SharedError>
    where
        T: PartialEq,
    {
        Ok(self.iter()?.filter(|element| element == value).count())
    }
}

/// Makes a value of what `read` reads, if it says that there is something.
#[inline]
pub(super) fn read_with<T: DeserializeOwned + 'static>(
    list: &Attachment<Core>,
    read: impl FnOnce(&Core, &Participant, &mut Reading) -> Result<bool, Error>,
) -> Result<Option<T>, SharedError> {
    Scratch::lend(|scratch| {
        let reading = &mut scratch.reading;
        prepare::<T>(reading);
        let found = list.with(|list, me| read(list, me, reading))?;
        found.then(|| take_value(reading)).transpose()
    })
}

fn get_on_server<T: DeserializeOwned + 'static>(
    list: &OnServer,
    place: i64,
) -> Result<Option<T>, SharedError> {
    let found = list.get(place)?;
    found.map(|entry| value(list, entry.value)).transpose()
}

/// Makes values of all that was read, which take hold of the objects whose handles came along.
pub(super) fn decode_all<T: DeserializeOwned + 'static>(
    snapshot: &Snapshot,
) -> Result<Vec<T>, SharedError> {
    let _passengers = Passengers(snapshot);
    let elements = snapshot.iter().map(|entry| decode_copy(entry.value));
    elements
        .collect::<Result<_, _>>()
        .map_err(SharedError::decode)
}

/// The positions that a range of whatever kind covers.
pub(super) fn positions(range: &impl RangeBounds<usize>) -> std::ops::Range<u64> {
    let start = match range.start_bound() {
        Bound::Included(start) => *start as u64,
        Bound::Excluded(before) => (*before as u64).saturating_add(1),
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(last) => (*last as u64).saturating_add(1),
        Bound::Excluded(end) => *end as u64,
        Bound::Unbounded => u64::MAX,
    };
    start..end
}
