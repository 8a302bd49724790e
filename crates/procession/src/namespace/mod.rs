//! A namespace that processes share.

mod entry;
mod travel;
mod typed;

use std::fmt;

use procession_cluster as cluster;
use procession_cluster::dict::Dict as OnServer;
use procession_cluster::{Cluster, ClusterError};
use procession_objects::{Dict as Core, DictConfig, Expect, Snapshot};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::SharedError;
use crate::attachment::Attachment;
use crate::dict::key_absent;
use crate::on_server::length;
use crate::passengers::Passengers;
use crate::place::Place;
use entry::{remove_in_memory, set_in_memory, set_on_server};

/// Names, each with a value of a type of its own, that any number of processes read and set.
///
/// It is what Python calls a `Namespace`: a place for settings, flags and results that do not deserve a
/// [`Dict`](crate::Dict) of one type. Every value says which type it is of, and whoever asks for
/// another one gets an error that names both.
///
/// The value itself is a *handle*: cloning it is cheap, and it can be passed to other processes. The
/// namespace ends with its last handle. One that a [`Cluster`](crate::Cluster) has made differs from one in memory as a
/// [`Dict`](crate::Dict#on-a-server) does.
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
    place: Place<Core, OnServer>,
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
        Ok(Namespace::of(Place::memory(attachment)))
    }

    pub(crate) fn on_server(
        cluster: &Cluster,
        name: Option<&str>,
    ) -> Result<Namespace, SharedError> {
        let dict = OnServer::create(cluster, name, Some(CONTENTS))?;
        Ok(Namespace::of(Place::Server(dict)))
    }

    fn of(place: Place<Core, OnServer>) -> Namespace {
        Namespace { place }
    }

    /// Removes a namespace that a [`Cluster`](crate::Cluster) has made from its server, for everybody: who uses it afterwards is told that it is gone. One
    /// in memory ends with its last handle by itself, and this does nothing.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if the server cannot be used.
    pub fn unlink(&self) -> Result<(), ClusterError> {
        self.place.unlink()
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
        match &self.place {
            Place::Memory(dict) => set_in_memory(dict, name, value, Expect::Anything),
            Place::Server(dict) => set_on_server(dict, name, value, cluster::Expect::Anything),
        }
        .map(drop)
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
            let (version, old) = self.get_stamped(name)?.unzip();
            let new = change(old);
            if self.set_if_still(name, version, new.as_ref())? {
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
        match &self.place {
            Place::Memory(dict) => remove_in_memory(dict, name, Expect::Anything),
            Place::Server(dict) => Ok(dict.remove(name.as_bytes(), cluster::Expect::Anything)?),
        }
    }

    /// Whether `name` has a value.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn contains(&self, name: &str) -> Result<bool, SharedError> {
        match &self.place {
            Place::Memory(dict) => Ok(dict.with(|dict, me| dict.contains(me, name.as_bytes()))?),
            Place::Server(dict) => Ok(dict.contains(name.as_bytes())?),
        }
    }

    /// All names as they are at one moment, in the order in which they were first set.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn names(&self) -> Result<Vec<String>, SharedError> {
        let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        let dict = match &self.place {
            Place::Memory(dict) => dict,
            Place::Server(dict) => {
                let names = dict.keys()?;
                return Ok(names.iter().map(|name| text(name)).collect());
            }
        };
        let mut snapshot = Snapshot::default();
        dict.with(|dict, me| dict.snapshot(me, &mut snapshot))?;
        let _passengers = Passengers(&snapshot);
        Ok(snapshot.iter().map(|entry| text(entry.key)).collect())
    }

    /// How many names have a value.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn len(&self) -> Result<usize, SharedError> {
        Ok(length(match &self.place {
            Place::Memory(dict) => dict.with(|dict, me| dict.len(me))?,
            Place::Server(dict) => dict.len()?,
        }))
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
        match &self.place {
            Place::Memory(dict) => Ok(dict.with(|dict, me| dict.clear(me))?),
            Place::Server(dict) => Ok(dict.clear()?),
        }
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Namespace")
            .field("handle", &format_args!("{}", self.place.name()))
            .field("names", &self.names().ok())
            .finish()
    }
}
