//! Changing entries.

use std::borrow::Borrow;

use procession_cluster as cluster;
use procession_cluster::dict::{Dict as OnServer, Item as ServerItem};
use procession_objects::{Change, Expect, Item};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Dict;
use super::value::{encode_key, lend_value, prepare, take_value};
use crate::SharedError;
use crate::codec::{Scratch, encode, raw_bytes};
use crate::on_server::{from_bytes, key_to_bytes, to_bytes};
use crate::place::Place;

impl<K, V: Serialize + 'static> Dict<K, V> {
    /// Sets the value of `key`: adds an entry at the end, or replaces the value of the one that is
    /// there.
    ///
    /// Use [`replace`](Dict::replace) to get the value that was there before.
    ///
    /// # Errors
    ///
    /// [`SharedError::Encode`] and [`SharedError::OutOfMemory`]; the dict is then as before.
    ///
    /// # If a process dies
    ///
    /// The entry has its former value or the new one.
    #[inline]
    pub fn insert<Q>(&self, key: &Q, value: &V) -> Result<(), SharedError>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        let dict = match &self.place {
            Place::Memory(dict) => dict,
            Place::Server(dict) => {
                let cluster = dict.object().cluster();
                let (key, value) = (key_to_bytes(cluster, key)?, to_bytes(cluster, value)?);
                dict.set(&key, &value, cluster::Expect::Anything)?;
                return Ok(());
            }
        };
        Scratch::lend(|scratch| {
            encode_key(key, &mut scratch.key)?;
            let key = &scratch.key;
            lend_value(value, &mut scratch.outgoing, |value, handles| {
                dict.with(|dict, me| dict.insert(me, key, value, handles))?;
                Ok(())
            })
        })
    }

    /// Sets the values of several keys as one change: others see all of it or nothing. Of several
    /// entries with the same key the last one counts.
    ///
    /// # Errors
    ///
    /// [`SharedError::Encode`] and [`SharedError::OutOfMemory`]; nothing was changed then.
    ///
    /// # If a process dies
    ///
    /// All entries are set, or none.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::HashMap;
    ///
    /// let settings = procession::Dict::<String, u32>::new()?;
    /// settings.extend([("width".to_owned(), 800), ("height".to_owned(), 600)])?;
    /// let more = HashMap::from([("depth".to_owned(), 24)]);
    /// settings.extend(&more)?;
    /// assert_eq!(settings.len()?, 3);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn extend<I, A, B>(&self, entries: I) -> Result<(), SharedError>
    where
        K: Serialize,
        I: IntoIterator<Item = (A, B)>,
        A: Borrow<K>,
        B: Borrow<V>,
    {
        let dict = match &self.place {
            Place::Memory(dict) => dict,
            Place::Server(dict) => return extend_on_server::<K, V, _, _>(dict, entries),
        };
        let mut encoded = Vec::new();
        for (key, value) in entries {
            let (mut key_bytes, mut bytes) = (Vec::new(), Vec::new());
            encode_key(key.borrow(), &mut key_bytes)?;
            let mut handles = Vec::new();
            match raw_bytes(value.borrow()) {
                Some(raw) => bytes.extend_from_slice(raw),
                None => {
                    handles = encode(value.borrow(), &mut bytes).map_err(SharedError::encode)?;
                }
            }
            // What the handles name is held by the value until all of it is in the dict.
            encoded.push((key_bytes, bytes, handles, value));
        }
        let items: Vec<_> = encoded
            .iter()
            .map(|(key, value, handles, _)| Item {
                key,
                value,
                handles,
            })
            .collect();
        Ok(dict.with(|dict, me| dict.extend(me, &items))?)
    }
}

impl<K, V: Serialize + DeserializeOwned + 'static> Dict<K, V> {
    /// Sets the value of `key` and returns the one that was there before.
    ///
    /// # Errors
    ///
    /// Those of [`insert`](Dict::insert); [`SharedError::Decode`] if the former value cannot be
    /// deserialized: it is replaced all the same.
    ///
    /// # If a process dies
    ///
    /// As with [`insert`](Dict::insert).
    pub fn replace<Q>(&self, key: &Q, value: &V) -> Result<Option<V>, SharedError>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        let dict = match &self.place {
            Place::Memory(dict) => dict,
            Place::Server(dict) => {
                let cluster = dict.object().cluster();
                let (key, value) = (key_to_bytes(cluster, key)?, to_bytes(cluster, value)?);
                let (_, former) = dict.replace(&key, &value, cluster::Expect::Anything)?;
                return former.map(|value| from_bytes(cluster, value)).transpose();
            }
        };
        Scratch::lend(|scratch| {
            encode_key(key, &mut scratch.key)?;
            let (key, reading) = (&scratch.key, &mut scratch.reading);
            prepare::<V>(reading);
            let change = lend_value(value, &mut scratch.outgoing, |value, handles| {
                let (anything, old) = (Expect::Anything, Some(&mut *reading));
                Ok(dict.with(|dict, me| dict.set(me, key, value, handles, anything, old))?)
            })?;
            let replaced = change == Change::Replaced;
            replaced.then(|| take_value(reading)).transpose()
        })
    }
}

fn extend_on_server<K, V, A, B>(
    dict: &OnServer,
    entries: impl IntoIterator<Item = (A, B)>,
) -> Result<(), SharedError>
where
    K: Serialize,
    V: Serialize + 'static,
    A: Borrow<K>,
    B: Borrow<V>,
{
    let cluster = dict.object().cluster();
    let encoded = entries.into_iter().map(|(key, value)| {
        let key = key_to_bytes(cluster, key.borrow())?;
        Ok((key, to_bytes(cluster, value.borrow())?))
    });
    let encoded: Vec<_> = encoded.collect::<Result<_, SharedError>>()?;
    let items: Vec<_> = encoded
        .iter()
        .map(|(key, value)| ServerItem {
            key,
            value,
            expect: cluster::Expect::Anything,
        })
        .collect();
    dict.extend(&items)?;
    Ok(())
}
