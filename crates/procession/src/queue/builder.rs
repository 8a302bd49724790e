//! What a queue can be told when it is created.

use std::marker::PhantomData;

use procession_objects::QueueConfig;

use super::Queue;
use crate::QueueError;

/// Says more about a [`Queue`] to create; made by [`Queue::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct QueueBuilder<T> {
    maxsize: Option<usize>,
    items: PhantomData<fn(T) -> T>,
}

impl<T> QueueBuilder<T> {
    pub(super) fn new() -> QueueBuilder<T> {
        QueueBuilder {
            maxsize: None,
            items: PhantomData,
        }
    }

    /// Bounds the queue to `maxsize` items: putting one more waits until one was got.
    ///
    /// Zero means no bound, as does not calling this.
    pub fn maxsize(mut self, maxsize: usize) -> QueueBuilder<T> {
        self.maxsize = (maxsize > 0).then_some(maxsize);
        self
    }

    /// Creates the queue.
    ///
    /// # Errors
    ///
    /// [`QueueError::OutOfMemory`], or [`QueueError::Session`] if the session has no room for one
    /// more object or could not be set up.
    pub fn build(self) -> Result<Queue<T>, QueueError> {
        let maxsize = self.maxsize.map(|items| items as u64);
        Queue::create(&QueueConfig {
            maxsize,
            joinable: None,
        })
    }
}
