//! An array: elements of one size, as raw bytes. The argument is in `README.md`.

mod access;
mod arithmetic;
mod create;
mod lock;
#[cfg(test)]
mod script_tests;

use std::sync::{Arc, OnceLock};

use crate::ClusterError;
use crate::lock::Lock;
use crate::object::Object;

pub use arithmetic::Operation;
pub use create::Initial;

/// A handle on an array. Clones are the same.
///
/// Its length never changes. A call that concerns one element, or no more than 256 KiB, is one step to everybody else.
///
/// # If a process dies
///
/// Within a call that is one step: it is done, or not at all. Within another one: some elements are written, each as a whole.
#[derive(Clone, Debug)]
pub struct SharedArray {
    object: Arc<Object>,
    len: u64,
    element_size: u64,
    /// Known from its first use on.
    lock: Arc<OnceLock<Lock>>,
}

/// There is no such element.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArrayError {
    /// An index is beyond the end.
    #[error("index {index} is beyond the end: there are {len} elements")]
    OutOfRange {
        /// The first one that does not exist.
        index: u64,
        /// How many elements there are.
        len: u64,
    },
    /// The server could not be used.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

impl SharedArray {
    /// The object on the server.
    pub fn object(&self) -> &Object {
        &self.object
    }

    /// How many elements there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes of one element.
    pub fn element_size(&self) -> u64 {
        self.element_size
    }

    /// Bytes of all elements.
    fn bytes(&self) -> u64 {
        self.len.saturating_mul(self.element_size)
    }

    /// Makes sure that this is one element, and not more or less.
    fn check_element(&self, element: &[u8]) -> Result<(), ClusterError> {
        match element.len() as u64 == self.element_size {
            true => Ok(()),
            false => Err(ClusterError::protocol(format!(
                "{} bytes for an element of {}, which has {}",
                element.len(),
                self.object,
                self.element_size
            ))),
        }
    }

    /// Makes sure that there are so many elements from `first` on.
    fn check(&self, first: u64, count: u64) -> Result<(), ArrayError> {
        let end = first.saturating_add(count);
        match end <= self.len {
            true => Ok(()),
            false => Err(ArrayError::OutOfRange {
                index: first.max(self.len),
                len: self.len,
            }),
        }
    }
}
