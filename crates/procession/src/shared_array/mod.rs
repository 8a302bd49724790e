//! An array that processes share.

mod access;
mod arithmetic;
mod create;
mod guard;
mod in_place;
mod on_server;
mod travel;

use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;

use bytemuck::Pod;
use procession_arena::Handle;
use procession_cluster::ClusterError;
use procession_cluster::array::SharedArray as OnServer;
use procession_objects::SharedArray as Core;

use crate::attachment::SharedObject;
use crate::on_server::length;
use crate::place::Place;

pub use guard::ArrayGuard;

/// An array of `T`, of fixed length, that any number of processes read and write.
///
/// A `T` is plain data: a number, an array of numbers, or a structure of numbers that derives
/// [`bytemuck::Pod`]. Nothing is encoded; the elements are in shared memory as they are, so that
/// large data can be filled by some processes and worked on by others without being sent.
///
/// The value in your hand is a *handle*: cloning it is cheap, and it is a serde value that can be
/// passed to other processes as an argument, as a result, or inside other shared objects. The array ends
/// with its last handle.
///
/// # What is whole and what is not
///
/// An element of 1, 2, 4 or 8 bytes is always read and written as a whole, by whichever method. A larger
/// one that is read while somebody writes it may be a mixture of the old one and the new one; so may a
/// range be, of old elements and new ones. Where that matters, agree on who writes what; or let
/// everybody who reads or writes take the array's [`lock`](SharedArray::lock) meanwhile. It is advice: no
/// method of the array takes it by itself.
///
/// # On a server
///
/// An array that a [`Cluster`](crate::Cluster) has made is the same in all but this:
///
/// - Each method asks the server, and fails with [`SharedError::Cluster`](crate::SharedError::Cluster) if that cannot be used, or the array was unlinked. Long ranges go in
///   portions of 256 KiB, between which others may write; an element of whatever size is always whole.
/// - The elements are not in this process's memory, so that [`as_ptr`](SharedArray::as_ptr) and the slices of a guard are refused with
///   [`SharedError::NotInMemory`](crate::SharedError::NotInMemory).
/// - It has 512 MiB at most.
/// - The hold of the lock is a lease; see [`Lock`](crate::Lock), also for what happens if its holder dies.
/// - If the server loses the last moments of its data, as its settings may allow, the array is as it was before them.
///
/// # If a process dies
///
/// While it writes one element of 1, 2, 4 or 8 bytes: that is the old one or the new one. While it writes
/// a larger one, or several: some of it may be written. As holder of the lock: whoever acquires it next
/// gets it at once, and is told. Nobody is ever blocked.
///
/// # Examples
///
/// ```
/// use procession::{Process, SharedArray, SharedError};
///
/// fn square(numbers: SharedArray<f64>, from: usize, to: usize) -> Result<(), SharedError> {
///     let mut part = numbers.range_to_vec(from..to)?;
///     part.iter_mut().for_each(|number| *number *= *number);
///     numbers.write_from(from, &part)
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let numbers = SharedArray::from_slice(&[1.0, 2.0, 3.0, 4.0])?;
///     let first = Process::spawn(square, (numbers.clone(), 0, 2))?;
///     let second = Process::spawn(square, (numbers.clone(), 2, 4))?;
///     first.join()??;
///     second.join()??;
///     assert_eq!(numbers.to_vec()?, [1.0, 4.0, 9.0, 16.0]);
///     Ok(())
/// }
/// ```
pub struct SharedArray<T> {
    place: Place<Core, OnServer>,
    // Elements are copied, never held: a handle is `Send` and `Sync` whatever `T` is.
    elements: PhantomData<fn(T) -> T>,
}

impl SharedObject for Core {
    const NAME: &'static str = "array";

    fn handle(&self) -> Handle {
        Core::handle(self)
    }
}

impl<T> SharedArray<T> {
    fn of(place: Place<Core, OnServer>) -> SharedArray<T> {
        SharedArray {
            place,
            elements: PhantomData,
        }
    }

    /// Removes an array that a [`Cluster`](crate::Cluster) has made from its server, for everybody: who uses it afterwards is told that it is gone. One in
    /// memory ends with its last handle by itself, and this does nothing.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if the server cannot be used.
    pub fn unlink(&self) -> Result<(), ClusterError> {
        match &self.place {
            Place::Memory(_) => Ok(()),
            Place::Server(array) => array.unlink(),
        }
    }

    /// The number of elements; it never changes.
    #[inline]
    pub fn len(&self) -> usize {
        length(match &self.place {
            Place::Memory(array) => array.object().len(),
            Place::Server(array) => array.len(),
        })
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Checks, when the program is built, that the elements of a `T` can lie in shared memory.
const fn must_fit<T: Pod>() {
    assert!(
        align_of::<T>() <= 64,
        "elements of a shared array are aligned to a cache line at most"
    );
}

impl<T> Clone for SharedArray<T> {
    fn clone(&self) -> SharedArray<T> {
        SharedArray {
            place: self.place.clone(),
            elements: PhantomData,
        }
    }
}

impl<T> fmt::Debug for SharedArray<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedArray")
            .field("handle", &format_args!("{}", self.place.name()))
            .field("type", &format_args!("{}", type_name::<T>()))
            .field("len", &self.len())
            .finish()
    }
}
