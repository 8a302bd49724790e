//! What a joinable queue can be told when it is created.

use std::marker::PhantomData;

use procession_objects::{OnLost, QueueConfig};

use super::JoinableQueue;
use crate::{Cluster, Queue, QueueError};

/// Says more about a [`JoinableQueue`] to create; made by [`JoinableQueue::builder`].
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct JoinableQueueBuilder<T> {
    maxsize: Option<usize>,
    on_lost: OnLost,
    items: PhantomData<fn(T) -> T>,
}

impl<T> JoinableQueueBuilder<T> {
    pub(super) fn new() -> JoinableQueueBuilder<T> {
        JoinableQueueBuilder {
            maxsize: None,
            on_lost: OnLost::Report,
            items: PhantomData,
        }
    }

    /// Bounds the queue to `maxsize` items: putting one more waits until one was got.
    ///
    /// Zero means no bound, as does not calling this.
    pub fn maxsize(mut self, maxsize: usize) -> JoinableQueueBuilder<T> {
        self.maxsize = (maxsize > 0).then_some(maxsize);
        self
    }

    /// Sets what happens with the items that a process held when it ended.
    ///
    /// The default is [`OnLost::Report`]. See [`JoinableQueue`] for what each one means.
    pub fn on_lost(mut self, on_lost: OnLost) -> JoinableQueueBuilder<T> {
        self.on_lost = on_lost;
        self
    }

    /// Creates the queue.
    ///
    /// # Errors
    ///
    /// As [`QueueBuilder::build`](crate::QueueBuilder::build).
    pub fn build(self) -> Result<JoinableQueue<T>, QueueError> {
        Queue::create(&self.config()).map(JoinableQueue)
    }

    /// Creates the queue on a server; or finds the one of that name, which must have been made in the same way.
    ///
    /// # Errors
    ///
    /// As [`QueueBuilder::build_on`](crate::QueueBuilder::build_on).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use procession::{JoinableQueue, OnLost};
    ///
    /// let cluster = procession::connect("redis://127.0.0.1")?;
    /// let tasks: JoinableQueue<String> = JoinableQueue::builder()
    ///     .on_lost(OnLost::Redeliver { max_deliveries: 3 })
    ///     .build_on(&cluster, "tasks")?;
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn build_on<'n>(
        self,
        cluster: &Cluster,
        name: impl Into<Option<&'n str>>,
    ) -> Result<JoinableQueue<T>, QueueError> {
        Queue::create_on_server(&cluster.core, name.into(), &self.config()).map(JoinableQueue)
    }

    fn config(&self) -> QueueConfig {
        QueueConfig {
            maxsize: self.maxsize.map(|items| items as u64),
            joinable: Some(self.on_lost),
        }
    }
}
