//! Sorting and choosing: in a copy, and then in the list if it is still as it was.

use std::cmp::Ordering;

use procession_cluster::list::List as OnServer;
use procession_objects::Snapshot;
use serde::de::DeserializeOwned;

use super::List;
use super::on_server::values;
use super::read::decode_all;
use crate::SharedError;
use crate::place::Place;

impl<T: DeserializeOwned + 'static> List<T> {
    /// Sorts the elements; equal ones keep their order.
    ///
    /// The elements are compared in a copy, without any lock. If somebody else changes the list
    /// meanwhile, it is copied and sorted again; where others never stop changing it, that may take
    /// long.
    ///
    /// # Errors
    ///
    /// [`SharedError::Decode`] if an element cannot be deserialized, and
    /// [`SharedError::OutOfMemory`]; the list is then as before.
    ///
    /// # If a process dies
    ///
    /// The order is the former one or the new one.
    pub fn sort(&self) -> Result<(), SharedError>
    where
        T: Ord,
    {
        self.sort_by(T::cmp)
    }

    /// Sorts the elements by what `key` makes of them; equal ones keep their order.
    ///
    /// # Errors
    ///
    /// As [`sort`](List::sort).
    ///
    /// # If a process dies
    ///
    /// As with [`sort`](List::sort). If it dies within `key`, nobody is affected.
    ///
    /// # Examples
    ///
    /// ```
    /// let names = procession::List::new()?;
    /// names.extend(["Grace", "Ada", "Alan"].map(str::to_owned))?;
    /// names.sort_by_key(String::len)?;
    /// assert_eq!(names.to_vec()?, ["Ada", "Alan", "Grace"]);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn sort_by_key<K: Ord>(&self, mut key: impl FnMut(&T) -> K) -> Result<(), SharedError> {
        self.sort_by(|one, other| key(one).cmp(&key(other)))
    }

    /// Sorts the elements as `compare` says; equal ones keep their order.
    ///
    /// # Errors
    ///
    /// As [`sort`](List::sort).
    ///
    /// # If a process dies
    ///
    /// As with [`sort`](List::sort). If it dies within `compare`, nobody is affected.
    pub fn sort_by(&self, mut compare: impl FnMut(&T, &T) -> Ordering) -> Result<(), SharedError> {
        self.rearrange(|elements| {
            let mut order: Vec<_> = elements.iter().enumerate().collect();
            order.sort_by(|(_, one), (_, other)| compare(one, other));
            order.into_iter().map(|(place, _)| place).collect()
        })
    }

    /// Removes the elements for which `keep` says no, as one change.
    ///
    /// `keep` is asked about a copy, without any lock. If somebody else changes the list meanwhile, it
    /// is asked again about all elements; it should have no other effect.
    ///
    /// # Errors
    ///
    /// As [`sort`](List::sort).
    ///
    /// # If a process dies
    ///
    /// All of these elements are removed, or none. If it dies within `keep`, nobody is affected.
    ///
    /// # Examples
    ///
    /// ```
    /// let numbers = procession::List::new()?;
    /// numbers.extend(0..10)?;
    /// numbers.retain(|number| number % 3 == 0)?;
    /// assert_eq!(numbers.to_vec()?, [0, 3, 6, 9]);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn retain(&self, mut keep: impl FnMut(&T) -> bool) -> Result<(), SharedError> {
        self.rearrange(|elements| {
            let kept = elements.iter().enumerate().filter(|(_, its)| keep(its));
            kept.map(|(place, _)| place).collect()
        })
    }

    /// Puts the elements into the order that `choose` finds for a copy of them.
    fn rearrange(&self, mut choose: impl FnMut(&[T]) -> Vec<usize>) -> Result<(), SharedError> {
        let list = match &self.place {
            Place::Memory(list) => list,
            Place::Server(list) => return rearrange_on_server(list, choose),
        };
        loop {
            let mut snapshot = Snapshot::default();
            list.with(|list, me| list.snapshot(me, &mut snapshot))?;
            let elements = decode_all(&snapshot)?;
            let order = choose(&elements);
            if order.iter().copied().eq(0..snapshot.len()) {
                return Ok(());
            }
            if list.with(|list, me| list.rearrange(me, &snapshot, &order))? {
                return Ok(());
            }
        }
    }
}

fn rearrange_on_server<T: DeserializeOwned + 'static>(
    list: &OnServer,
    mut choose: impl FnMut(&[T]) -> Vec<usize>,
) -> Result<(), SharedError> {
    loop {
        let snapshot = list.snapshot()?;
        let elements = values(list, snapshot.entries()?)?;
        let order = choose(&elements);
        let is_the_same = order.iter().copied().eq(0..snapshot.len());
        if is_the_same || list.rearrange(&snapshot, &order)? {
            return Ok(());
        }
    }
}
