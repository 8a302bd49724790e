//! All entries at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::vec;

use procession_cluster as cluster;
use procession_cluster::dict::{Dict as OnServer, SnapshotEntry};
use procession_objects::{Dict as Core, Expect, Snapshot};
use serde::de::DeserializeOwned;

use super::Dict;
use crate::SharedError;
use crate::attachment::Attachment;
use crate::codec::{decode, decode_copy};
use crate::on_server::{from_bytes, key_from_bytes};
use crate::passengers::Passengers;
use crate::place::Place;

/// Copies all entries as they are at one moment.
fn snapshot(dict: &Attachment<Core>) -> Result<Snapshot, SharedError> {
    let mut snapshot = Snapshot::default();
    dict.with(|dict, me| dict.snapshot(me, &mut snapshot))?;
    Ok(snapshot)
}

impl<K: DeserializeOwned, V> Dict<K, V> {
    /// All keys as they are at one moment, in the order of their insertion.
    ///
    /// # Errors
    ///
    /// [`SharedError::Decode`] if one of them cannot be deserialized.
    pub fn keys(&self) -> Result<Vec<K>, SharedError> {
        let dict = match &self.place {
            Place::Memory(dict) => dict,
            Place::Server(dict) => {
                let cluster = dict.object().cluster();
                let keys = dict.keys()?.into_iter();
                return keys.map(|key| key_from_bytes(cluster, &key)).collect();
            }
        };
        let snapshot = snapshot(dict)?;
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
        let dict = match &self.place {
            Place::Memory(dict) => dict,
            Place::Server(dict) => {
                let cluster = dict.object().cluster();
                let entries = dict.snapshot()?.entries.into_iter();
                return entries
                    .map(|entry| from_bytes(cluster, entry.value))
                    .collect();
            }
        };
        let snapshot = snapshot(dict)?;
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
        let dict = match &self.place {
            Place::Memory(dict) => dict,
            Place::Server(dict) => return iter_on_server(dict),
        };
        let snapshot = snapshot(dict)?;
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
        let dict = match &self.place {
            Place::Memory(dict) => dict,
            Place::Server(dict) => return retain_on_server(dict, keep),
        };
        let snapshot = snapshot(dict)?;
        let _passengers = Passengers(&snapshot);
        for entry in snapshot.iter() {
            let key = decode(entry.key).map_err(SharedError::decode)?;
            let value = decode_copy(entry.value).map_err(SharedError::decode)?;
            if !keep(&key, &value) {
                let this = Expect::Exactly(entry.stamp);
                dict.with(|dict, me| dict.remove(me, entry.key, this, None))?;
            }
        }
        Ok(())
    }
}

type Pairs<K, V> = vec::IntoIter<(K, V)>;

fn iter_on_server<K: DeserializeOwned, V: DeserializeOwned + 'static>(
    dict: &OnServer,
) -> Result<Pairs<K, V>, SharedError> {
    let entries = dict.snapshot()?.entries.into_iter();
    let pairs: Result<Vec<_>, SharedError> = entries.map(|entry| pair(dict, entry)).collect();
    Ok(pairs?.into_iter())
}

fn retain_on_server<K: DeserializeOwned, V: DeserializeOwned + 'static>(
    dict: &OnServer,
    mut keep: impl FnMut(&K, &V) -> bool,
) -> Result<(), SharedError> {
    for entry in dict.snapshot()?.entries {
        let (bytes, this) = (entry.key.clone(), cluster::Expect::Exactly(entry.stamp));
        let (key, value) = pair(dict, entry)?;
        if !keep(&key, &value) {
            dict.remove(&bytes, this)?;
        }
    }
    Ok(())
}

fn pair<K: DeserializeOwned, V: DeserializeOwned + 'static>(
    dict: &OnServer,
    entry: SnapshotEntry,
) -> Result<(K, V), SharedError> {
    let cluster = dict.object().cluster();
    Ok((
        key_from_bytes(cluster, &entry.key)?,
        from_bytes(cluster, entry.value)?,
    ))
}
