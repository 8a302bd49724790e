//! A dict that processes share.

mod entries;
mod read;
mod remove;
mod travel;
mod update;
pub(crate) mod value;
mod write;

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;

use procession_cluster::dict::Dict as OnServer;
use procession_cluster::{Cluster, ClusterError};
use procession_objects::{Dict as Core, DictConfig};

pub(crate) use read::key_absent;

use crate::SharedError;
use crate::attachment::Attachment;
use crate::on_server::length;
use crate::place::Place;

/// A map from `K` to `V` that any number of processes read and change.
///
/// It is what a `HashMap` is to threads, or `dict` to Python: it keeps the order of insertion. Keys and
/// values are anything that serde can serialize and deserialize; what is put in is a copy, and so is
/// what comes out. A `Vec<u8>` as a value is not encoded but kept as it is, which is the fast way for
/// large binary data.
///
/// The value itself is a *handle*: cloning it is cheap, and it is a serde value that can be passed to
/// other processes as an argument, as a result, or inside a queue, a dict or another shared object.
/// The dict ends with its last handle; one on a server as its [`Cluster`](crate::Cluster) says.
///
/// Two keys are the same if they are *encoded* the same. So a key whose encoding depends on chance, such
/// as a `HashSet`, is not a good one, and handles of shared objects cannot be keys. Where a method takes a
/// borrowed form of the key, that must be encoded as the key itself: `str` for `String` and `[T]` for `Vec<T>`
/// are, but `[T]` for an array `[T; N]` is not, since a slice is encoded with its length.
///
/// # Many processes at once
///
/// Each method is one step to everybody else. Reading takes no lock, unless the value
/// carries handles or writers are in the way again and again. What needs several steps, such as
/// adding to a number that stands in the dict, is made one by [`update`](Dict::update):
///
/// ```
/// # let words = procession::Dict::<String, u64>::new()?;
/// words.update("the", |count| Some(count.unwrap_or(0) + 1))?;
/// # Ok::<_, procession::SharedError>(())
/// ```
///
/// # On a server
///
/// A dict that a [`Cluster`](crate::Cluster) has made is the same in all but this:
///
/// - Each method asks the server, once in most cases, and fails with [`SharedError::Cluster`] if that cannot be used, or the dict was unlinked.
/// - A value has 64 MiB at most, and all that one [`extend`](Dict::extend) sets 128 MiB, where each entry counts half a KiB more than it has.
/// - It cannot hold handles of objects in this machine's memory, which are out of reach for others: [`SharedError::Encode`] says so.
/// - If the server loses the last moments of its data, as its settings may allow, the dict is as it was before them.
///
/// # If a process dies
///
/// While it changes the dict: the change is wholly made, or wholly not, an
/// [`extend`](Dict::extend) of many entries as well. No death ever blocks the others or damages the
/// dict, even by `kill -9`.
///
/// # Examples
///
/// ```
/// use procession::{Dict, Process, SharedError};
///
/// fn square(numbers: Vec<u32>, squares: Dict<u32, u32>) -> Result<(), SharedError> {
///     squares.extend(numbers.into_iter().map(|number| (number, number * number)))
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let squares = Dict::new()?;
///     let odd = Process::spawn(square, (vec![1, 3, 5], squares.clone()))?;
///     let even = Process::spawn(square, (vec![2, 4, 6], squares.clone()))?;
///     odd.join()??;
///     even.join()??;
///
///     assert_eq!(squares.len()?, 6);
///     assert_eq!(squares.get(&5)?, Some(25));
///     Ok(())
/// }
/// ```
pub struct Dict<K, V> {
    place: Place<Core, OnServer>,
    // Entries are encoded and decoded, never held: a handle is `Send` and `Sync` whatever they are.
    entries: PhantomData<Coded<K, V>>,
}

/// Takes entries and gives entries.
type Coded<K, V> = fn(K, V) -> (K, V);

impl<K, V> Dict<K, V> {
    /// Creates an empty dict.
    ///
    /// # Errors
    ///
    /// [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session has no room for one
    /// more object or could not be set up.
    ///
    /// # Examples
    ///
    /// ```
    /// let ages = procession::Dict::<String, u8>::new()?;
    /// ages.insert("Ada", &36)?;
    /// assert_eq!(ages.get("Ada")?, Some(36));
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn new() -> Result<Dict<K, V>, SharedError> {
        Dict::with_capacity(0)
    }

    /// Creates an empty dict that has room for so many entries from the beginning.
    ///
    /// # Errors
    ///
    /// As [`new`](Dict::new).
    pub fn with_capacity(capacity: usize) -> Result<Dict<K, V>, SharedError> {
        let config = DictConfig {
            contents: Some(Self::contents()),
            capacity: capacity as u64,
        };
        let attachment = Attachment::new(|me| Core::create(me, &config))?;
        Ok(Dict::of(Place::memory(attachment)))
    }

    pub(crate) fn on_server(
        cluster: &Cluster,
        name: Option<&str>,
    ) -> Result<Dict<K, V>, SharedError> {
        let dict = OnServer::create(cluster, name, Some(Self::contents()))?;
        Ok(Dict::of(Place::Server(dict)))
    }

    fn of(place: Place<Core, OnServer>) -> Dict<K, V> {
        Dict {
            place,
            entries: PhantomData,
        }
    }

    /// What is written into the dict, and asked of one that arrives from elsewhere.
    fn contents() -> &'static str {
        type_name::<(K, V)>()
    }

    /// Removes a dict that a [`Cluster`](crate::Cluster) has made from its server, for everybody: who uses it afterwards is told that it is gone. One in
    /// memory ends with its last handle by itself, and this does nothing.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if the server cannot be used.
    pub fn unlink(&self) -> Result<(), ClusterError> {
        self.place.unlink()
    }

    /// The number of entries.
    ///
    /// Others change the dict at the same time, so that the number may be out of date when it is
    /// read.
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

    /// Whether there were no entries; see [`len`](Dict::len).
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn is_empty(&self) -> Result<bool, SharedError> {
        Ok(self.len()? == 0)
    }

    /// Removes all entries.
    ///
    /// It needs no memory, so that it works when there is none left.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    ///
    /// # If a process dies
    ///
    /// All entries are there, or none.
    pub fn clear(&self) -> Result<(), SharedError> {
        match &self.place {
            Place::Memory(dict) => Ok(dict.with(|dict, me| dict.clear(me))?),
            Place::Server(dict) => Ok(dict.clear()?),
        }
    }
}

impl<K, V> Clone for Dict<K, V> {
    fn clone(&self) -> Dict<K, V> {
        Dict {
            place: self.place.clone(),
            entries: PhantomData,
        }
    }
}

impl<K, V> fmt::Debug for Dict<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dict")
            .field("handle", &format_args!("{}", self.place.name()))
            .field("len", &self.len().ok())
            .finish()
    }
}
