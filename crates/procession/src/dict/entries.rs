//! All entries at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::vec;

use procession_objects::{Expect, Snapshot};
use serde::de::DeserializeOwned;

use super::Dict;
use crate::SharedError;
use crate::codec::{decode, decode_copy};
use crate::passengers::Passengers;

impl<K, V> Dict<K, V> {
    /// Copies all entries as they are at one moment.
    fn snapshot(&self) -> Result<Snapshot, SharedError> {
        let mut snapshot = Snapshot::default();
        self.attachment
            .with(|dict, me| dict.snapshot(me, &mut snapshot))?;
        Ok(snapshot)
    }
}

impl<K: DeserializeOwned, V> Dict<K, V> {
    /// All keys as they are at one moment, in the order of their insertion.
    ///
    /// # Errors
    ///
    /// [`SharedError::Decode`] if one of them cannot be deserialized.
    pub fn keys(&self) -> Result<Vec<K>, SharedError> {
        let snapshot = self.snapshot()?;
        let _passengers = Passengers(&snapshot);
        let keys = snapshot.iter().map(|entry| decode(entry.key));
        keys.collect::<Result<_, _>>().map_err(SharedError::decode)
    }
}

impl<K, V: DeserializeOwned + 'static> Dict<K, V> {
    /// All values as they are at one moment, in the order in which their keys were inserted.
    ///
    /// # Errors
    ///
    /// [`SharedError::Decode`] if one of them cannot be deserialized.
    pub fn values(&self) -> Result<Vec<V>, SharedError> {
        let snapshot = self.snapshot()?;
        let _passengers = Passengers(&snapshot);
        let values = snapshot.iter().map(|entry| decode_copy(entry.value));
        values
            .collect::<Result<_, _>>()
            .map_err(SharedError::decode)
    }
}

impl<K: DeserializeOwned, V: DeserializeOwned + 'static> Dict<K, V> {
    /// All entries as they are at one moment, in the order of their insertion.
    ///
    /// It is a copy: others may change the dict meanwhile, and so may the loop itself.
    ///
    /// # Errors
    ///
    /// [`SharedError::Decode`] if one of them cannot be deserialized.
    ///
    /// # Examples
    ///
    /// ```
    /// let numbers = procession::Dict::<u8, String>::new()?;
    /// numbers.extend([(2, "two".to_owned()), (1, "one".to_owned())])?;
    /// for (number, word) in numbers.iter()? {
    ///     println!("{number} is {word}");
    /// }
    /// let words: Vec<_> = numbers.iter()?.map(|(_, word)| word).collect();
    /// assert_eq!(words, ["two", "one"]);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn iter(&self) -> Result<vec::IntoIter<(K, V)>, SharedError> {
        let snapshot = self.snapshot()?;
        let _passengers = Passengers(&snapshot);
        let entries = snapshot
            .iter()
            .map(|entry| Ok((decode(entry.key)?, decode_copy(entry.value)?)));
        let entries: Result<Vec<_>, _> = entries.collect();
        Ok(entries.map_err(SharedError::decode)?.into_iter())
    }

    /// All entries as they are at one moment, as a map of this process's own.
    ///
    /// For any other collection, [`iter`](Dict::iter) can be collected.
    ///
    /// # Errors
    ///
    /// [`SharedError::Decode`] if one of them cannot be deserialized.
    pub fn to_map(&self) -> Result<HashMap<K, V>, SharedError>
    where
        K: Eq + Hash,
    {
        Ok(self.iter()?.collect())
    }

    /// Removes the entries for which `keep` says no.
    ///
    /// `keep` is asked about each entry as it is at one moment; no lock is held meanwhile, and an entry
    /// that somebody else changes before it is removed stays.
    ///
    /// # Errors
    ///
    /// [`SharedError::Decode`] if an entry cannot be deserialized; those before it that were not to be
    /// kept are removed.
    ///
    /// # If a process dies
    ///
    /// Some of the entries are removed, each wholly.
    pub fn retain(&self, mut keep: impl FnMut(&K, &V) -> bool) -> Result<(), SharedError> {
        let snapshot = self.snapshot()?;
        let _passengers = Passengers(&snapshot);
        for entry in snapshot.iter() {
            let key = decode(entry.key).map_err(SharedError::decode)?;
            let value = decode_copy(entry.value).map_err(SharedError::decode)?;
            if !keep(&key, &value) {
                let this = Expect::Exactly(entry.stamp);
                self.attachment
                    .with(|dict, me| dict.remove(me, entry.key, this, None))?;
            }
        }
        Ok(())
    }
}
