//! Seeing the elements in place, without a copy.
//!
//! The one use of unsafe code above the floors below. Rust's references promise that what they lead to
//! does not change, or changes only through them. Nobody can promise that for memory that several
//! processes write to, except all of them together, by an agreement.

use std::ptr::NonNull;
use std::slice;

use bytemuck::Pod;

use super::{ArrayGuard, SharedArray, must_fit};
use crate::SharedError;
use crate::place::Place;

impl<T: Pod> SharedArray<T> {
    /// Where the elements are in the memory of this process.
    ///
    /// The address is good as long as this handle, or any other one of the array in this process, exists; in
    /// another process the array has another address. To look at what is there is `unsafe`, and sound only
    /// as far as nobody writes there at the same time except by atomic instructions; see
    /// [`ArrayGuard::as_slice`].
    ///
    /// # Errors
    ///
    /// [`SharedError::NotInMemory`] if the array is on a server; [`SharedError::Session`] if the session could not be used.
    pub fn as_ptr(&self) -> Result<NonNull<[T]>, SharedError> {
        const { must_fit::<T>() };
        let bytes = match &self.place {
            Place::Memory(array) => array.with(|core, me| core.address(me))?,
            Place::Server(_) => return Err(SharedError::NotInMemory),
        };
        // The elements begin at a cache line, which is aligned as any `T` that fits.
        Ok(NonNull::slice_from_raw_parts(bytes.cast(), self.len()))
    }
}

impl<T: Pod> ArrayGuard<'_, T> {
    /// The elements in place, to be read without a copy.
    ///
    /// # Errors
    ///
    /// As [`SharedArray::as_ptr`].
    ///
    /// # Safety
    ///
    /// While the slice exists, nobody may write to the array: no other process of the session and no
    /// other thread of this one, by whichever method, and neither this thread through this guard. If
    /// everybody who ever writes acquires the [`lock`](SharedArray::lock) for it, holding the guard is
    /// enough. Nothing checks that; a writer that does not keep to it makes the behaviour of this
    /// program undefined.
    ///
    /// # Examples
    ///
    /// ```
    /// let samples = procession::SharedArray::from_slice(&[1.0f32, 2.5])?;
    /// let guard = samples.lock()?;
    /// // SAFETY: whoever writes to these samples locks them.
    /// let sum: f32 = unsafe { guard.as_slice() }?.iter().sum();
    /// assert_eq!(sum, 3.5);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub unsafe fn as_slice(&self) -> Result<&[T], SharedError> {
        let elements = self.as_ptr()?;
        let (start, length) = (elements.cast::<T>().as_ptr(), elements.len());
        // SAFETY: so many initialised elements are there, aligned, as long as the array is held, which
        // the guard's lifetime sees to; any bytes are a `T`. The caller vouches that nobody writes.
        Ok(unsafe { slice::from_raw_parts(start, length) })
    }

    /// The elements in place, to be read and written without a copy.
    ///
    /// # Errors
    ///
    /// As [`SharedArray::as_ptr`].
    ///
    /// # Safety
    ///
    /// While the slice exists, nobody else may read or write the array: no other process of the session
    /// and no other thread of this one, by whichever method. If everybody who ever reads or
    /// writes acquires the [`lock`](SharedArray::lock) for it, holding the guard is enough. Nothing
    /// checks that; one who does not keep to it makes the behaviour of both programs undefined.
    ///
    /// # If a process dies
    ///
    /// In the middle of writing: some is written, and the next one to acquire the lock is told.
    ///
    /// # Examples
    ///
    /// ```
    /// let samples = procession::SharedArray::from_slice(&[1.0f32, 2.5])?;
    /// let mut guard = samples.lock()?;
    /// // SAFETY: whoever reads or writes these samples locks them.
    /// unsafe { guard.as_mut_slice() }?.reverse();
    /// drop(guard);
    /// assert_eq!(samples.to_vec()?, [2.5, 1.0]);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub unsafe fn as_mut_slice(&mut self) -> Result<&mut [T], SharedError> {
        let elements = self.as_ptr()?;
        let (start, length) = (elements.cast::<T>().as_ptr(), elements.len());
        // SAFETY: as in `as_slice`; the caller vouches that nobody else reads or writes, and this
        // guard is borrowed for as long.
        Ok(unsafe { slice::from_raw_parts_mut(start, length) })
    }
}
