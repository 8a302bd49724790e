//! Changes that depend on what is there: read, think, and change if nothing else did meanwhile.

use std::borrow::Borrow;

use procession_cluster::dict::Change as ServerChange;
use procession_objects::Change;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Dict;
use super::value::{encode_key, lend_value, prepare, take_value};
use crate::SharedError;
use crate::codec::Scratch;
use crate::on_server::{from_bytes, key_to_bytes, to_bytes};
use crate::place::Place;
use crate::version::Version;

impl<K, V: Serialize + DeserializeOwned + 'static> Dict<K, V> {
    /// Changes the entry of `key` to what `change` makes of it, as one step.
    ///
    /// `change` gets the value that is there, if any, and returns the new one; with `None` the entry is
    /// removed, or not made. No lock is held while it runs: if somebody else changes the entry
    /// meanwhile, it is called again with what is there then. So it may be called several times,
    /// and should have no other effect. What it made of the entry is returned.
    ///
    /// # Errors
    ///
    /// [`SharedError::Encode`], [`SharedError::Decode`] and [`SharedError::OutOfMemory`]; the entry is
    /// then as before.
    ///
    /// # If a process dies
    ///
    /// The entry is as before, or as `change` made it. If it dies within `change`, nobody is affected.
    ///
    /// # Examples
    ///
    /// ```
    /// let stock = procession::Dict::<String, u32>::new()?;
    /// let add_one = |count: Option<u32>| Some(count.unwrap_or(0) + 1);
    /// assert_eq!(stock.update("apples", add_one)?, Some(1));
    /// assert_eq!(stock.update("apples", add_one)?, Some(2));
    /// stock.update("apples", |_| None)?;
    /// assert!(stock.is_empty()?);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn update<Q>(
        &self,
        key: &Q,
        mut change: impl FnMut(Option<V>) -> Option<V>,
    ) -> Result<Option<V>, SharedError>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        let key_bytes = self.key_bytes(key)?;
        loop {
            let (stamp, old) = self.get_stamped(&key_bytes)?;
            let new = change(old);
            if self.set_if_still(&key_bytes, stamp, new.as_ref())? {
                return Ok(new);
            }
        }
    }

    /// Sets the entry of `key` to `new` if it is `current`; says whether it was. `None` stands for no
    /// entry.
    ///
    /// # Errors
    ///
    /// As [`update`](Dict::update).
    ///
    /// # If a process dies
    ///
    /// The entry is as before, or as it was to be.
    ///
    /// # Examples
    ///
    /// ```
    /// let leader = procession::Dict::<String, u32>::new()?;
    /// assert!(leader.compare_exchange("leader", None, Some(&17))?);
    /// assert!(!leader.compare_exchange("leader", None, Some(&18))?);
    /// assert!(leader.compare_exchange("leader", Some(&17), None)?);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn compare_exchange<Q>(
        &self,
        key: &Q,
        current: Option<&V>,
        new: Option<&V>,
    ) -> Result<bool, SharedError>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
        V: PartialEq,
    {
        let key_bytes = self.key_bytes(key)?;
        loop {
            let (stamp, found) = self.get_stamped(&key_bytes)?;
            if found.as_ref() != current {
                return Ok(false);
            }
            if self.set_if_still(&key_bytes, stamp, new)? {
                return Ok(true);
            }
        }
    }

    /// The value of `key`; if there is none, `default` is put there: Python's `setdefault`.
    ///
    /// # Errors
    ///
    /// As [`update`](Dict::update).
    ///
    /// # If a process dies
    ///
    /// As with [`insert`](Dict::insert).
    pub fn get_or_insert<Q>(&self, key: &Q, default: V) -> Result<V, SharedError>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        self.get_or_insert_with(key, || default)
    }

    /// The value of `key`; if there is none, the result of `default` is put there.
    ///
    /// If several processes do this at once, each may call its `default`, but only one of the results
    /// is put there, and all return that one.
    ///
    /// # Errors
    ///
    /// As [`update`](Dict::update).
    ///
    /// # If a process dies
    ///
    /// As with [`insert`](Dict::insert). If it dies within `default`, nobody is affected.
    pub fn get_or_insert_with<Q>(
        &self,
        key: &Q,
        default: impl FnOnce() -> V,
    ) -> Result<V, SharedError>
    where
        K: Borrow<Q>,
        Q: Serialize + ?Sized,
    {
        if let Some(value) = self.get(key)? {
            return Ok(value);
        }
        let key_bytes = self.key_bytes(key)?;
        let default = default();
        loop {
            if self.set_if_still(&key_bytes, None, Some(&default))? {
                return Ok(default);
            }
            if let (_, Some(value)) = self.get_stamped(&key_bytes)? {
                return Ok(value);
            }
        }
    }

    /// The value of an encoded key, and which version of the entry it is.
    fn get_stamped(&self, key: &[u8]) -> Result<(Option<Version>, Option<V>), SharedError> {
        let dict = match &self.place {
            Place::Memory(dict) => dict,
            Place::Server(dict) => {
                let Some(entry) = dict.get(key)? else {
                    return Ok((None, None));
                };
                let value = from_bytes(dict.object().cluster(), entry.value)?;
                return Ok((Some(Version::Server(entry.stamp)), Some(value)));
            }
        };
        Scratch::lend(|scratch| {
            let reading = &mut scratch.reading;
            prepare::<V>(reading);
            let stamp = dict.with(|dict, me| dict.get_stamped(me, key, reading))?;
            let value = stamp.map(|_| take_value(reading)).transpose()?;
            Ok((stamp.map(Version::Memory), value))
        })
    }

    /// Sets or removes the entry of an encoded key if it is still the one that was read.
    fn set_if_still(
        &self,
        key: &[u8],
        version: Option<Version>,
        new: Option<&V>,
    ) -> Result<bool, SharedError> {
        if version.is_none() && new.is_none() {
            return Ok(true);
        }
        let dict = match &self.place {
            Place::Memory(dict) => dict,
            Place::Server(dict) => {
                let expect = Version::expect_on_server(version);
                let Some(new) = new else {
                    return Ok(dict.remove(key, expect)?);
                };
                let value = to_bytes(dict.object().cluster(), new)?;
                return Ok(dict.set(key, &value, expect)? != ServerChange::Refused);
            }
        };
        let expect = Version::expect_in_memory(version);
        let Some(new) = new else {
            return Ok(dict.with(|dict, me| dict.remove(me, key, expect, None))?);
        };
        Scratch::lend(|scratch| {
            lend_value(new, &mut scratch.outgoing, |value, handles| {
                let change =
                    dict.with(|dict, me| dict.set(me, key, value, handles, expect, None))?;
                Ok(change != Change::Refused)
            })
        })
    }

    /// The bytes of a key, where it goes.
    fn key_bytes<Q: Serialize + ?Sized>(&self, key: &Q) -> Result<Vec<u8>, SharedError> {
        match &self.place {
            Place::Memory(_) => {
                let mut bytes = Vec::new();
                encode_key(key, &mut bytes)?;
                Ok(bytes)
            }
            Place::Server(dict) => key_to_bytes(dict.object().cluster(), key),
        }
    }
}
