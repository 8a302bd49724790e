//! Creating an array.

use std::any::type_name;

use bytemuck::{Pod, bytes_of, cast_slice};
use procession_cluster::Cluster;
use procession_cluster::array::{Initial as ServerInitial, SharedArray as OnServer};
use procession_objects::{Initial, SharedArray as Core};

use super::{SharedArray, must_fit};
use crate::SharedError;
use crate::attachment::Attachment;
use crate::place::Place;

impl<T: Pod> SharedArray<T> {
    /// Creates an array of `len` elements, all of them `element`.
    ///
    /// # Errors
    ///
    /// [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session has no room for one
    /// more object or could not be set up.
    ///
    /// # Examples
    ///
    /// ```
    /// let pixels = procession::SharedArray::new(1920 * 1080, [0u8; 4])?;
    /// assert_eq!(pixels.len(), 2_073_600);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn new(len: usize, element: T) -> Result<SharedArray<T>, SharedError> {
        SharedArray::create(Initial::Repeated(bytes_of(&element), len as u64))
    }

    /// Creates an array with the elements of a slice.
    ///
    /// # Errors
    ///
    /// As [`new`](SharedArray::new).
    ///
    /// # Examples
    ///
    /// ```
    /// let primes = procession::SharedArray::from_slice(&[2u32, 3, 5, 7])?;
    /// assert_eq!(primes.get(3)?, 7);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn from_slice(elements: &[T]) -> Result<SharedArray<T>, SharedError> {
        let size = size_of::<T>() as u64;
        if size == 0 {
            return SharedArray::create(Initial::Repeated(&[], elements.len() as u64));
        }
        SharedArray::create(Initial::Elements(cast_slice(elements), size))
    }

    fn create(initial: Initial<'_>) -> Result<SharedArray<T>, SharedError> {
        const { must_fit::<T>() };
        let contents = Some(type_name::<T>());
        let create = |me: &_| Core::create(me, initial, contents);
        Ok(SharedArray::of(Place::memory(Attachment::new(create)?)))
    }

    /// On a server: `len` elements, all of them `element`.
    pub(crate) fn on_server(
        cluster: &Cluster,
        name: Option<&str>,
        len: usize,
        element: T,
    ) -> Result<SharedArray<T>, SharedError> {
        let initial = ServerInitial::Repeated(bytes_of(&element), len as u64);
        SharedArray::create_on_server(cluster, name, initial)
    }

    /// On a server, with the elements of a slice.
    pub(crate) fn slice_on_server(
        cluster: &Cluster,
        name: Option<&str>,
        elements: &[T],
    ) -> Result<SharedArray<T>, SharedError> {
        let initial = match size_of::<T>() as u64 {
            0 => ServerInitial::Repeated(&[], elements.len() as u64),
            size => ServerInitial::Elements(cast_slice(elements), size),
        };
        SharedArray::create_on_server(cluster, name, initial)
    }

    fn create_on_server(
        cluster: &Cluster,
        name: Option<&str>,
        initial: ServerInitial<'_>,
    ) -> Result<SharedArray<T>, SharedError> {
        let contents = Some(type_name::<T>());
        let array = OnServer::create(cluster, name, initial, contents)?;
        Ok(SharedArray::of(Place::Server(array)))
    }
}
