//! Creating, reading and replacing a value.

use std::any::type_name;

use procession_arena::Handle;
use procession_cluster::Cluster;
use procession_cluster::value::Value as OnServer;
use procession_objects::{Expect, Reading, Value as Core};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Value, on_server, with_cell};
use crate::SharedError;
use crate::attachment::Attachment;
use crate::codec::{Scratch, decode_owned, encode, is_raw, raw_bytes};
use crate::number::{damaged, from_word, to_digits, to_word, unit_of};
use crate::on_server::to_bytes;
use crate::passengers::Passengers;
use crate::place::Place;
use crate::version::Version as Record;

/// Which version of the value it was that somebody read.
#[derive(Clone, Debug)]
pub(super) enum Version {
    Word(u64),
    Digits(String),
    Record(Record),
}

impl<T: Serialize + 'static> Value<T> {
    /// Creates a value.
    ///
    /// # Errors
    ///
    /// [`SharedError::Encode`] if it cannot be serialized; [`SharedError::OutOfMemory`], or
    /// [`SharedError::Session`] if the session has no room for one more object or could not be set up.
    ///
    /// # Examples
    ///
    /// ```
    /// let counter = procession::Value::new(0u64)?;
    /// let name = procession::Value::new("Ada".to_owned())?;
    /// assert_eq!((counter.get()?, name.get()?), (0, "Ada".to_owned()));
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn new(initial: T) -> Result<Value<T>, SharedError> {
        let contents = Some(type_name::<T>());
        if let (Some(unit), Some(word)) = (unit_of::<T>(), to_word(&initial)) {
            let create = |me: &_| Core::create_word(me, unit, word, contents);
            return Ok(Value::of(Place::memory(Attachment::new(create)?)));
        }
        encoded(&initial, |bytes, handles| {
            let create = |me: &_| Core::create_record(me, bytes, handles, contents);
            Ok(Value::of(Place::memory(Attachment::new(create)?)))
        })
    }

    pub(crate) fn on_server(
        cluster: &Cluster,
        name: Option<&str>,
        initial: T,
    ) -> Result<Value<T>, SharedError> {
        let contents = Some(type_name::<T>());
        let value = match to_digits(&initial) {
            Some(digits) => OnServer::create_number(cluster, name, digits, contents)?,
            None => {
                let bytes = to_bytes(cluster, &initial)?;
                OnServer::create_record(cluster, name, &bytes, contents)?
            }
        };
        Ok(Value::of(Place::Server(value)))
    }

    /// Replaces the value.
    ///
    /// # Errors
    ///
    /// [`SharedError::Encode`] and [`SharedError::OutOfMemory`]; the value is then as it was.
    ///
    /// # If a process dies
    ///
    /// The value is the old one or the new one.
    ///
    /// # Examples
    ///
    /// ```
    /// let limits = procession::Value::new((1.5, "m".to_owned()))?;
    /// limits.set((2.5, "km".to_owned()))?;
    /// assert_eq!(limits.get()?, (2.5, "km".to_owned()));
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    #[inline]
    pub fn set(&self, value: T) -> Result<(), SharedError> {
        let place = match &self.place {
            Place::Memory(place) => place,
            Place::Server(place) => return on_server::set(place, &value),
        };
        if let Some(word) = to_word(&value) {
            return with_cell(place, |cell| {
                cell.swap(word);
            });
        }
        replace_record(place, &value, Expect::Anything).map(drop)
    }

    /// Replaces the value if it still is that version; says whether it was.
    pub(super) fn replace(&self, version: Version, value: &T) -> Result<bool, SharedError> {
        let place = match &self.place {
            Place::Memory(place) => place,
            Place::Server(place) => return on_server::replace(place, version, value),
        };
        match (version, to_word(value)) {
            (Version::Word(old), Some(new)) => {
                with_cell(place, |cell| cell.compare_exchange(old, new).is_ok())
            }
            (Version::Record(record), _) => {
                let this = Record::expect_in_memory(Some(record));
                replace_record(place, value, this)
            }
            (Version::Word(_), None) | (Version::Digits(_), _) => Err(damaged::<T>()),
        }
    }
}

impl<T: DeserializeOwned + 'static> Value<T> {
    /// The value at this moment.
    ///
    /// # Errors
    ///
    /// [`SharedError::Decode`] if it cannot be deserialized.
    ///
    /// # If a process dies
    ///
    /// Reading changes nothing; and whoever dies while changing the value leaves the old one or the new
    /// one.
    #[inline]
    pub fn get(&self) -> Result<T, SharedError> {
        let place = match &self.place {
            Place::Memory(place) => place,
            Place::Server(place) => return on_server::get(place).map(|(value, _)| value),
        };
        if unit_of::<T>().is_some() {
            let word = with_cell(place, |cell| cell.load_in_total_order())?;
            return from_word(word).ok_or_else(damaged::<T>);
        }
        read(place, |core, me, reading| core.get(me, reading)).map(|(value, ())| value)
    }

    /// The value, and which version of it that is.
    pub(super) fn get_version(&self) -> Result<(T, Version), SharedError> {
        let place = match &self.place {
            Place::Memory(place) => place,
            Place::Server(place) => return on_server::get(place),
        };
        if unit_of::<T>().is_some() {
            let word = with_cell(place, |cell| cell.load_in_total_order())?;
            let value = from_word(word).ok_or_else(damaged::<T>)?;
            return Ok((value, Version::Word(word)));
        }
        let (value, stamp) = read(place, |core, me, reading| core.get_stamped(me, reading))?;
        Ok((value, Version::Record(Record::Memory(stamp))))
    }
}

impl<T: Serialize + DeserializeOwned + 'static> Value<T> {
    /// Replaces the value and returns the old one.
    ///
    /// # Errors
    ///
    /// As [`set`](Value::set); and [`SharedError::Decode`] if the old value cannot be deserialized: it
    /// is replaced all the same.
    ///
    /// # If a process dies
    ///
    /// The value is the old one or the new one; with the new one in place, the old one may be lost
    /// with the process.
    ///
    /// # Examples
    ///
    /// ```
    /// let inbox = procession::Value::new(vec!["first", "second"].join(" "))?;
    /// assert_eq!(inbox.swap(String::new())?, "first second");
    /// assert_eq!(inbox.get()?, "");
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn swap(&self, value: T) -> Result<T, SharedError> {
        let place = match &self.place {
            Place::Memory(place) => place,
            Place::Server(place) => return on_server::swap(place, &value),
        };
        if let Some(new) = to_word(&value) {
            let old = with_cell(place, |cell| cell.swap(new))?;
            return from_word(old).ok_or_else(damaged::<T>);
        }
        encoded(&value, |bytes, handles| {
            read(place, |core, me, old| core.swap(me, bytes, handles, old))
        })
        .map(|(old, ())| old)
    }
}

fn replace_record<T: Serialize + 'static>(
    place: &Attachment<Core>,
    value: &T,
    expect: Expect,
) -> Result<bool, SharedError> {
    encoded(value, |bytes, handles| {
        Ok(place.with(|core, me| core.set(me, bytes, handles, expect))?)
    })
}

/// Decodes what `fill` reads.
fn read<T: DeserializeOwned + 'static, R>(
    place: &Attachment<Core>,
    fill: impl FnOnce(
        &Core,
        &procession_arena::Participant,
        &mut Reading,
    ) -> procession_arena::Result<R>,
) -> Result<(T, R), SharedError> {
    Scratch::lend(|scratch| {
        let reading = &mut scratch.reading;
        if is_raw::<T>() {
            // The value takes its buffer along, which is then to be of the value's size.
            reading.bytes = Vec::new();
        }
        let more = place.with(|core, me| fill(core, me, reading))?;
        let _passengers = Passengers(&reading.handles);
        let value = decode_owned(&mut reading.bytes).map_err(SharedError::decode)?;
        Ok((value, more))
    })
}

/// Does something with the encoded value and the handles in it.
fn encoded<T: Serialize + 'static, R>(
    value: &T,
    work: impl FnOnce(&[u8], &[Handle]) -> Result<R, SharedError>,
) -> Result<R, SharedError> {
    if let Some(bytes) = raw_bytes(value) {
        return work(bytes, &[]);
    }
    Scratch::lend(|scratch| {
        let bytes = &mut scratch.outgoing;
        bytes.clear();
        let handles = encode(value, bytes).map_err(SharedError::encode)?;
        work(bytes, &handles)
    })
}
