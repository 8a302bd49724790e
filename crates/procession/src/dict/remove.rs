//! Removing entries.

use std::borrow::Borrow;
use std::fmt::Debug;

use procession_cluster as cluster;
use procession_objects::Expect;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Dict;
use super::read::key_absent;
use super::value::{encode_key, prepare, take_value};
use crate::SharedError;
use crate::codec::{Scratch, decode};
use crate::on_server::{from_bytes, key_from_bytes, key_to_bytes};
use crate::place::Place;

impl<K, V: DeserializeOwned + 'static> Dict<K, V> {
    /// Removes the entry of `key` and returns its value, if there is one.
    ///
    /// # Errors
    ///
    /// [`SharedError::Encode`] if the key cannot be serialized; [`SharedError::Decode`] if the value
    /// cannot be deserialized: it is removed all the same.
    ///
    /// # If a process dies
    ///
    /// The entry is there, or is not.
    pub fn remove<Q>(&self, key: &Q) -> Result<Option<V>, SharedError>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        let dict = match &self.place {
            Place::Memory(dict) => dict,
            Place::Server(dict) => {
                let cluster = dict.object().cluster();
                let key = key_to_bytes(cluster, key)?;
                let former = dict.take(&key, cluster::Expect::Anything)?;
                return former.map(|value| from_bytes(cluster, value)).transpose();
            }
        };
        Scratch::lend(|scratch| {
            encode_key(key, &mut scratch.key)?;
            let (key, reading) = (&scratch.key, &mut scratch.reading);
            prepare::<V>(reading);
            let removed =
                dict.with(|dict, me| dict.remove(me, key, Expect::Anything, Some(&mut *reading)))?;
            removed.then(|| take_value(reading)).transpose()
        })
    }

    /// Removes the entry of `key`, which must be there, and returns its value: Python's `pop(key)`.
    ///
    /// # Errors
    ///
    /// [`SharedError::KeyAbsent`], and those of [`remove`](Dict::remove).
    pub fn take<Q>(&self, key: &Q) -> Result<V, SharedError>
    where
        K: Borrow<Q>,
        Q: Serialize + Debug + ?Sized,
    {
        self.remove(key)?.ok_or_else(|| key_absent(key))
    }

    /// Removes the entry that was inserted last and returns it, if there is one.
    ///
    /// # Errors
    ///
    /// [`SharedError::Decode`] if the key or the value cannot be deserialized: it is removed all the
    /// same.
    ///
    /// # If a process dies
    ///
    /// The entry is there, or is not.
    pub fn pop_item(&self) -> Result<Option<(K, V)>, SharedError>
    where
        K: DeserializeOwned,
    {
        let dict = match &self.place {
            Place::Memory(dict) => dict,
            Place::Server(dict) => {
                let cluster = dict.object().cluster();
                let Some((key, value)) = dict.pop_item()? else {
                    return Ok(None);
                };
                let value = from_bytes(cluster, value);
                return Ok(Some((key_from_bytes(cluster, &key)?, value?)));
            }
        };
        Scratch::lend(|scratch| {
            let (key, reading) = (&mut scratch.key, &mut scratch.reading);
            prepare::<V>(reading);
            let popped = dict.with(|dict, me| dict.pop_item(me, key, reading))?;
            if !popped {
                return Ok(None);
            }
            let value = take_value(reading);
            let key = decode(key).map_err(SharedError::decode)?;
            Ok(Some((key, value?)))
        })
    }
}
