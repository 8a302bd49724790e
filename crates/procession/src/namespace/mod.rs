//! A namespace that processes share.

mod travel;
mod typed;

use std::fmt;
use std::sync::Arc;

use procession_objects::{Change, Dict as Core, DictConfig, Expect, Snapshot, Stamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::SharedError;
use crate::attachment::Attachment;
use crate::codec::Scratch;
use crate::dict::key_absent;
use crate::passengers::Passengers;
use typed::{decode_typed, lend_typed};

/// Names, each with a value of a type of its own, that any number of processes read and set.
///
/// It is what Python calls a `Namespace`: a place for settings, flags and results that do not deserve a
/// [`Dict`](crate::Dict) of one type. Every value says which type it is of, and whoever asks for
/// another one gets an error that names both.
///
/// The value itself is a *handle*: cloning it is cheap, and it can be passed to other processes. The
/// namespace ends with its last handle.
///
/// # If a process dies
///
/// While it sets a name: it has its former value or the new one. No death ever blocks the others or
/// damages the namespace, even by `kill -9`.
///
/// # Examples
///
/// ```
/// use procession::{Namespace, Process, SharedError};
///
/// fn work(shared: Namespace) -> Result<(), SharedError> {
///     let rounds: u32 = shared.require("rounds")?;
///     shared.set("report", &format!("{rounds} rounds done"))
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let shared = Namespace::new()?;
///     shared.set("rounds", &3_u32)?;
///     Process::spawn(work, (shared.clone(),))?.join()??;
///     assert_eq!(shared.require::<String>("report")?, "3 rounds done");
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Namespace {
    attachment: Arc<Attachment<Core>>,
}

/// What is written into the object, so that nobody takes a dict for a namespace.
const CONTENTS: &str = "names, that is a namespace";

impl Namespace {
    /// Creates an empty namespace.
    ///
    /// # Errors
    ///
    /// [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session has no room for one
    /// more object or could not be set up.
    pub fn new() -> Result<Namespace, SharedError> {
        let config = DictConfig {
            contents: Some(CONTENTS),
            capacity: 0,
        };
        let attachment = Attachment::new(|me| Core::create(me, &config))?;
        Ok(Namespace::of(attachment))
    }

    fn of(attachment: Attachment<Core>) -> Namespace {
        Namespace {
            attachment: Arc::new(attachment),
        }
    }

    /// Sets the value of `name`, whatever it was before, and of whatever type.
    ///
    /// # Errors
    ///
    /// [`SharedError::Encode`] and [`SharedError::OutOfMemory`]; the name has its former value then.
    ///
    /// # If a process dies
    ///
    /// The name has its former value or the new one.
    pub fn set<T: Serialize + 'static>(&self, name: &str, value: &T) -> Result<(), SharedError> {
        self.set_if(name, value, Expect::Anything).map(drop)
    }

    fn set_if<T: Serialize + 'static>(
        &self,
        name: &str,
        value: &T,
        expect: Expect,
    ) -> Result<bool, SharedError> {
        Scratch::lend(|scratch| {
            lend_typed(value, &mut scratch.outgoing, |value, handles| {
                let change = self
                    .attachment
                    .with(|dict, me| dict.set(me, name.as_bytes(), value, handles, expect, None))?;
                Ok(change != Change::Refused)
            })
        })
    }

    /// The value of `name`, if it has one.
    ///
    /// # Errors
    ///
    /// [`SharedError::WrongType`] if it is not a `T`; [`SharedError::Decode`] if it cannot be
    /// deserialized.
    ///
    /// # Examples
    ///
    /// ```
    /// let shared = procession::Namespace::new()?;
    /// shared.set("limit", &2.5_f64)?;
    /// assert_eq!(shared.get::<f64>("limit")?, Some(2.5));
    /// assert_eq!(shared.get::<f64>("limits")?, None);
    /// let error = shared.get::<u8>("limit").unwrap_err();
    /// assert_eq!(error.to_string(), "it is a value of `f64`, not a value of `u8`");
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn get<T: DeserializeOwned + 'static>(&self, name: &str) -> Result<Option<T>, SharedError> {
        Ok(self.get_stamped(name)?.map(|(_, value)| value))
    }

    fn get_stamped<T: DeserializeOwned + 'static>(
        &self,
        name: &str,
    ) -> Result<Option<(Stamp, T)>, SharedError> {
        Scratch::lend(|scratch| {
            let reading = &mut scratch.reading;
            let stamp = self
                .attachment
                .with(|dict, me| dict.get_stamped(me, name.as_bytes(), reading))?;
            stamp
                .map(|stamp| Ok((stamp, decode_typed(reading)?)))
                .transpose()
        })
    }

    /// The value of `name`, which must have one.
    ///
    /// # Errors
    ///
    /// [`SharedError::KeyAbsent`], and those of [`get`](Namespace::get).
    pub fn require<T: DeserializeOwned + 'static>(&self, name: &str) -> Result<T, SharedError> {
        self.get(name)?.ok_or_else(|| key_absent(name))
    }

    /// Changes the value of `name` to what `change` makes of it, as one step; with `None` the name is
    /// removed, or not made. What it made of the value is returned.
    ///
    /// No lock is held while `change` runs: if somebody else sets the name meanwhile, it is called
    /// again with the value that is there then.
    ///
    /// # Errors
    ///
    /// Those of [`get`](Namespace::get) and [`set`](Namespace::set); the name has its former value
    /// then.
    ///
    /// # If a process dies
    ///
    /// The name has its former value or the new one.
    pub fn update<T: Serialize + DeserializeOwned + 'static>(
        &self,
        name: &str,
        mut change: impl FnMut(Option<T>) -> Option<T>,
    ) -> Result<Option<T>, SharedError> {
        loop {
            let (stamp, old) = self.get_stamped(name)?.unzip();
            let expect = stamp.map_or(Expect::Absent, Expect::Exactly);
            let new = change(old);
            let changed = match (&new, stamp) {
                (Some(value), _) => self.set_if(name, value, expect)?,
                (None, Some(_)) => self.remove_if(name, expect)?,
                (None, None) => true,
            };
            if changed {
                return Ok(new);
            }
        }
    }

    /// Removes `name`; says whether it had a value.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn remove(&self, name: &str) -> Result<bool, SharedError> {
        self.remove_if(name, Expect::Anything)
    }

    fn remove_if(&self, name: &str, expect: Expect) -> Result<bool, SharedError> {
        Ok(self
            .attachment
            .with(|dict, me| dict.remove(me, name.as_bytes(), expect, None))?)
    }

    /// Whether `name` has a value.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn contains(&self, name: &str) -> Result<bool, SharedError> {
        Ok(self
            .attachment
            .with(|dict, me| dict.contains(me, name.as_bytes()))?)
    }

    /// All names as they are at one moment, in the order in which they were first set.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn names(&self) -> Result<Vec<String>, SharedError> {
        let mut snapshot = Snapshot::default();
        self.attachment
            .with(|dict, me| dict.snapshot(me, &mut snapshot))?;
        let _passengers = Passengers(&snapshot);
        let names = snapshot.iter().map(|entry| entry.key);
        Ok(names
            .map(|name| String::from_utf8_lossy(name).into_owned())
            .collect())
    }

    /// How many names have a value.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn len(&self) -> Result<usize, SharedError> {
        let len = self.attachment.with(|dict, me| dict.len(me))?;
        Ok(usize::try_from(len).unwrap_or(usize::MAX))
    }

    /// Whether no name has a value.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn is_empty(&self) -> Result<bool, SharedError> {
        Ok(self.len()? == 0)
    }

    /// Removes all names.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn clear(&self) -> Result<(), SharedError> {
        Ok(self.attachment.with(|dict, me| dict.clear(me))?)
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Namespace")
            .field("handle", &format_args!("{}", self.attachment.handle()))
            .field("names", &self.names().ok())
            .finish()
    }
}
