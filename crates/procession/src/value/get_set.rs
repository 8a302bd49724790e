//! Creating, reading and replacing a value.

use std::any::type_name;

use procession_arena::Handle;
use procession_objects::{Expect, Reading, Stamp, Value as Core};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Value;
use crate::SharedError;
use crate::attachment::Attachment;
use crate::codec::{Scratch, decode_owned, encode, is_raw, raw_bytes};
use crate::number::{damaged, from_word, to_word, unit_of};
use crate::passengers::Passengers;

/// Which version of the value it was that somebody read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Version {
    Word(u64),
    Record(Stamp),
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
            return Ok(Value::of(Attachment::new(|me| {
                Core::create_word(me, unit, word, contents)
            })?));
        }
        encoded(&initial, |bytes, handles| {
            Ok(Value::of(Attachment::new(|me| {
                Core::create_record(me, bytes, handles, contents)
            })?))
        })
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
        if let Some(word) = to_word(&value) {
            return self.with_cell(|cell| {
                cell.swap(word);
            });
        }
        self.replace_record(&value, Expect::Anything).map(drop)
    }

    /// Replaces the value if it still is that version; says whether it was.
    pub(super) fn replace(&self, version: Version, value: &T) -> Result<bool, SharedError> {
        match (version, to_word(value)) {
            (Version::Record(stamp), _) => self.replace_record(value, Expect::Exactly(stamp)),
            (Version::Word(old), Some(new)) => {
                self.with_cell(|cell| cell.compare_exchange(old, new).is_ok())
            }
            (Version::Word(_), None) => Err(damaged::<T>()),
        }
    }

    fn replace_record(&self, value: &T, expect: Expect) -> Result<bool, SharedError> {
        encoded(value, |bytes, handles| {
            Ok(self
                .attachment
                .with(|core, me| core.set(me, bytes, handles, expect))?)
        })
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
        if unit_of::<T>().is_some() {
            let word = self.with_cell(|cell| cell.load_in_total_order())?;
            return from_word(word).ok_or_else(damaged::<T>);
        }
        self.read(|core, me, reading| core.get(me, reading))
            .map(|(value, ())| value)
    }

    /// The value, and which version of it that is.
    pub(super) fn get_version(&self) -> Result<(T, Version), SharedError> {
        if unit_of::<T>().is_some() {
            let word = self.with_cell(|cell| cell.load_in_total_order())?;
            let value = from_word(word).ok_or_else(damaged::<T>)?;
            return Ok((value, Version::Word(word)));
        }
        let (value, stamp) = self.read(|core, me, reading| core.get_stamped(me, reading))?;
        Ok((value, Version::Record(stamp)))
    }

    /// Decodes what `fill` reads.
    fn read<R>(
        &self,
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
            let more = self.attachment.with(|core, me| fill(core, me, reading))?;
            let _passengers = Passengers(&reading.handles);
            let value = decode_owned(&mut reading.bytes).map_err(SharedError::decode)?;
            Ok((value, more))
        })
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
        if let Some(new) = to_word(&value) {
            let old = self.with_cell(|cell| cell.swap(new))?;
            return from_word(old).ok_or_else(damaged::<T>);
        }
        encoded(&value, |bytes, handles| {
            self.read(|core, me, old| core.swap(me, bytes, handles, old))
        })
        .map(|(old, ())| old)
    }
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
