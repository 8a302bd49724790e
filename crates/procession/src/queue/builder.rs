//! What a queue can be told when it is created.

use std::marker::PhantomData;

use procession_objects::QueueConfig;

use super::Queue;
use crate::{Cluster, QueueError};

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
        Queue::create(&self.config())
    }

    /// Creates the queue on a server; or finds the one of that name, which must have been made in the same way.
    ///
    /// # Errors
    ///
    /// [`QueueError::Cluster`], with [`Mismatch`](procession_cluster::ClusterError::Mismatch) if there is one that was made in another way.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use procession::Queue;
    ///
    /// let cluster = procession::connect("redis://127.0.0.1")?;
    /// let frames: Queue<Vec<u8>> = Queue::builder().maxsize(100).build_on(&cluster, "frames")?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn build_on<'n>(
        self,
        cluster: &Cluster,
        name: impl Into<Option<&'n str>>,
    ) -> Result<Queue<T>, QueueError> {
        Queue::create_on_server(&cluster.core, name.into(), &self.config())
    }

    fn config(&self) -> QueueConfig {
        QueueConfig {
            maxsize: self.maxsize.map(|items| items as u64),
            joinable: None,
        }
    }
}
