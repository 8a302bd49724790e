//! Reading an entry.

use std::borrow::Borrow;
use std::fmt::Debug;

use procession_cluster::dict::Dict as OnServer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Dict;
use super::value::{encode_key, prepare, take_value};
use crate::SharedError;
use crate::codec::Scratch;
use crate::on_server::{from_bytes, key_to_bytes};
use crate::place::Place;

impl<K, V> Dict<K, V> {
    /// Whether there is an entry of `key`.
    ///
    /// # Errors
    ///
    /// [`SharedError::Encode`] if the key cannot be serialized.
    pub fn contains_key<Q>(&self, key: &Q) -> Result<bool, SharedError>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        let dict = match &self.place {
            Place::Memory(dict) => dict,
            Place::Server(dict) => {
                let key = key_to_bytes(dict.object().cluster(), key)?;
                return Ok(dict.contains(&key)?);
            }
        };
        Scratch::lend(|scratch| {
            encode_key(key, &mut scratch.key)?;
            let key = &scratch.key;
            Ok(dict.with(|dict, me| dict.contains(me, key))?)
        })
    }
}

impl<K, V: DeserializeOwned + 'static> Dict<K, V> {
    /// The value of `key`, if there is one.
    ///
    /// # Errors
    ///
    /// [`SharedError::Encode`] if the key cannot be serialized, [`SharedError::Decode`] if the value
    /// cannot be deserialized.
    ///
    /// # Examples
    ///
    /// ```
    /// let capitals = procession::Dict::<String, String>::new()?;
    /// capitals.insert("Norway", &"Oslo".to_owned())?;
    /// assert_eq!(capitals.get("Norway")?.as_deref(), Some("Oslo"));
    /// assert_eq!(capitals.get("Atlantis")?, None);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    #[inline]
    pub fn get<Q>(&self, key: &Q) -> Result<Option<V>, SharedError>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        let dict = match &self.place {
            Place::Memory(dict) => dict,
            Place::Server(dict) => return get_on_server(dict, key),
        };
        Scratch::lend(|scratch| {
            encode_key(key, &mut scratch.key)?;
            let (key, reading) = (&scratch.key, &mut scratch.reading);
            prepare::<V>(reading);
            let found = dict.with(|dict, me| dict.get(me, key, reading))?;
            found.then(|| take_value(reading)).transpose()
        })
    }

    /// The value of `key`, or else `default`, which is not put into the dict.
    ///
    /// # Errors
    ///
    /// As [`get`](Dict::get).
    pub fn get_or<Q>(&self, key: &Q, default: V) -> Result<V, SharedError>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        Ok(self.get(key)?.unwrap_or(default))
    }

    /// The value of `key`, which must be there: Python's `dict[key]`.
    ///
    /// # Errors
    ///
    /// [`SharedError::KeyAbsent`], and those of [`get`](Dict::get).
    ///
    /// # Examples
    ///
    /// ```
    /// let ports = procession::Dict::<String, u16>::new()?;
    /// let error = ports.require("http").unwrap_err();
    /// assert_eq!(error.to_string(), "there is no entry of the key \"http\"");
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn require<Q>(&self, key: &Q) -> Result<V, SharedError>
    where
        K: Borrow<Q>,
        Q: Serialize + Debug + ?Sized,
    {
        self.get(key)?.ok_or_else(|| key_absent(key))
    }
}

/// The error that says so.
fn get_on_server<Q: Serialize + ?Sized, V: DeserializeOwned + 'static>(
    dict: &OnServer,
    key: &Q,
) -> Result<Option<V>, SharedError> {
    let cluster = dict.object().cluster();
    let found = dict.get(&key_to_bytes(cluster, key)?)?;
    let value = found.map(|entry| from_bytes(cluster, entry.value));
    value.transpose()
}

pub(crate) fn key_absent<Q: Debug + ?Sized>(key: &Q) -> SharedError {
    SharedError::KeyAbsent {
        key: format!("{key:?}"),
    }
}
