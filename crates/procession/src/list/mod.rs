//! A list that processes share.

mod on_server;
mod order;
mod read;
mod run;
mod travel;
mod update;
mod write;

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;

use procession_arena::Handle;
use procession_cluster::list::{List as OnServer, Run};
use procession_cluster::{Cluster, ClusterError};
use procession_objects::{List as Core, ListConfig};

use on_server::{must_exist, signed};

use crate::SharedError;
use crate::attachment::{Attachment, SharedObject};
use crate::on_server::length as to_length;
use crate::place::Place;

/// A list of `T` that any number of processes read and change.
///
/// It is what a `Vec` is to one thread, or `list` to Python. Elements are anything that serde can serialize
/// and deserialize; what is put in is a copy, and so is what comes out. A `Vec<u8>` as an element is
/// not encoded but kept as it is, which is the fast way for large binary data.
///
/// The value itself is a *handle*: cloning it is cheap, and it is a serde value that can be passed to
/// other processes as an argument, as a result, or inside a queue, a dict or another list. The list ends
/// with its last handle; one on a server as its [`Cluster`](crate::Cluster) says.
///
/// Adding and taking at the end, and reading anywhere, do not depend on how long the list is. Inserting
/// and removing elsewhere copies some hundred words, however large the elements are.
///
/// # Many processes at once
///
/// Each method is one step to everybody else. Reading takes no lock, unless an
/// element carries handles or writers are in the way again and again. Others may change the list
/// between two steps, so that a position may be another element's by then. What needs several steps, such
/// as adding to a number that stands in the list, is made one by [`update`](List::update).
///
/// # On a server
///
/// A list that a [`Cluster`](crate::Cluster) has made is the same in all but this:
///
/// - Each method asks the server, once in most cases, and fails with [`SharedError::Cluster`] if that cannot be used, or the list was unlinked.
/// - An element has 64 MiB at most, and all that are added at once 128 MiB, where each counts 64 bytes more than it has.
/// - What is in the middle of a long list is far away: in one of a million, finding an element takes the server some 16 µs, and replacing many some tenths of a second,
///   in which it does nothing else.
/// - It cannot hold handles of objects in this machine's memory, which are out of reach for others: [`SharedError::Encode`] says so.
/// - If the server loses the last moments of its data, as its settings may allow, the list is as it was before them.
///
/// # If a process dies
///
/// While it changes the list: the change is wholly made, or wholly not, an [`extend`](List::extend)
/// by many elements or a [`sort`](List::sort) as well. No death ever blocks the others or damages the
/// list, even by `kill -9`.
///
/// # Examples
///
/// ```
/// use procession::{List, Process, SharedError};
///
/// fn find_primes(from: u32, to: u32, found: List<u32>) -> Result<(), SharedError> {
///     let is_prime = |n: u32| n > 1 && (2..n).all(|divisor| n % divisor != 0);
///     found.extend((from..to).filter(|number| is_prime(*number)))
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let found = List::new()?;
///     let first = Process::spawn(find_primes, (0, 10, found.clone()))?;
///     let second = Process::spawn(find_primes, (10, 20, found.clone()))?;
///     first.join()??;
///     second.join()??;
///
///     found.sort()?;
///     assert_eq!(found.to_vec()?, [2, 3, 5, 7, 11, 13, 17, 19]);
///     Ok(())
/// }
/// ```
pub struct List<T> {
    place: Place<Core, OnServer>,
    // Elements are encoded and decoded, never held: a handle is `Send` and `Sync` whatever they are.
    elements: PhantomData<fn(T) -> T>,
}

impl SharedObject for Core {
    const NAME: &'static str = "list";

    fn handle(&self) -> Handle {
        Core::handle(self)
    }
}

impl<T> List<T> {
    /// Creates an empty list.
    ///
    /// # Errors
    ///
    /// [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session has no room for one
    /// more object or could not be set up.
    ///
    /// # Examples
    ///
    /// ```
    /// let names = procession::List::<String>::new()?;
    /// names.push(&"Ada".to_owned())?;
    /// assert_eq!(names.get(0)?.as_deref(), Some("Ada"));
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn new() -> Result<List<T>, SharedError> {
        let config = ListConfig {
            contents: Some(Self::contents()),
            ..ListConfig::default()
        };
        let attachment = Attachment::new(|me| Core::create(me, &config))?;
        Ok(List::of(Place::memory(attachment)))
    }

    pub(crate) fn on_server(cluster: &Cluster, name: Option<&str>) -> Result<List<T>, SharedError> {
        let list = OnServer::create(cluster, name, Some(Self::contents()))?;
        Ok(List::of(Place::Server(list)))
    }

    fn of(place: Place<Core, OnServer>) -> List<T> {
        List {
            place,
            elements: PhantomData,
        }
    }

    /// What is written into the list, and asked of one that arrives from elsewhere.
    fn contents() -> &'static str {
        type_name::<T>()
    }

    /// Removes a list that a [`Cluster`](crate::Cluster) has made from its server, for everybody: who uses it afterwards is told that it is gone. One in
    /// memory ends with its last handle by itself, and this does nothing.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if the server cannot be used.
    pub fn unlink(&self) -> Result<(), ClusterError> {
        self.place.unlink()
    }

    /// The number of elements.
    ///
    /// Others change the list at the same time, so that the number may be out of date when it is
    /// read.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged.
    pub fn len(&self) -> Result<usize, SharedError> {
        Ok(to_length(match &self.place {
            Place::Memory(list) => list.with(|list, me| list.len(me))?,
            Place::Server(list) => list.len()?,
        }))
    }

    /// Whether there were no elements; see [`len`](List::len).
    ///
    /// # Errors
    ///
    /// As [`len`](List::len).
    pub fn is_empty(&self) -> Result<bool, SharedError> {
        Ok(self.len()? == 0)
    }

    /// Removes all elements.
    ///
    /// It needs no memory, so that it works when there is none left.
    ///
    /// # Errors
    ///
    /// As [`len`](List::len).
    ///
    /// # If a process dies
    ///
    /// All elements are there, or none.
    pub fn clear(&self) -> Result<(), SharedError> {
        self.truncate(0)
    }

    /// Removes all elements from the position `length` on, if there are any.
    ///
    /// It needs no memory, so that it works when there is none left.
    ///
    /// # Errors
    ///
    /// As [`len`](List::len).
    ///
    /// # If a process dies
    ///
    /// All of these elements are there, or none.
    pub fn truncate(&self, length: usize) -> Result<(), SharedError> {
        match &self.place {
            Place::Memory(list) => Ok(list.with(|list, me| list.truncate(me, length as u64))?),
            Place::Server(list) => {
                list.remove_run(Run::Slice(Some(signed(length)), None))?;
                Ok(())
            }
        }
    }

    /// Reverses the order of all elements.
    ///
    /// # Errors
    ///
    /// [`SharedError::OutOfMemory`]; the list is then as before.
    ///
    /// # If a process dies
    ///
    /// The order is the former one or the new one.
    pub fn reverse(&self) -> Result<(), SharedError> {
        match &self.place {
            Place::Memory(list) => Ok(list.with(|list, me| list.reverse(me))?),
            Place::Server(list) => Ok(list.reverse()?),
        }
    }

    /// Exchanges two elements.
    ///
    /// # Errors
    ///
    /// [`SharedError::IndexOutOfRange`] and [`SharedError::OutOfMemory`]; the list is then as before.
    ///
    /// # If a process dies
    ///
    /// Both are exchanged, or none is.
    pub fn swap(&self, one: usize, other: usize) -> Result<(), SharedError> {
        match &self.place {
            Place::Memory(list) => {
                Ok(list.with(|list, me| list.swap(me, one as u64, other as u64))?)
            }
            Place::Server(list) => must_exist(list.swap(signed(one), signed(other))?),
        }
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> List<T> {
        List {
            place: self.place.clone(),
            elements: PhantomData,
        }
    }
}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List")
            .field("handle", &format_args!("{}", self.place.name()))
            .field("len", &self.len().ok())
            .finish()
    }
}
