//! Queues, plain and joinable: first in, first out, for any number of processes on any number of machines. The argument is in `README.md`.

mod consumer;
mod doubt;
mod error;
mod get;
mod held;
mod inspect;
mod lease;
mod letters;
mod put;
mod reap;
mod renewal;
#[cfg(test)]
mod script_tests;
mod settings;
mod state;
mod take;
mod task;

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use procession_objects::QueueConfig;

use consumer::Consumer;
pub use error::QueueError;
pub use get::Message;
pub use inspect::{Peeked, Statistics};
pub use letters::DeadLetter;

use crate::fork_aware::ForkAware;
use crate::object::{Kind, Object};
use crate::{Cluster, ClusterError};

/// Messages that one step moves at most.
const PORTION: usize = 1000;
/// Bytes that one step moves at most, unless a single message is larger.
const PORTION_BYTES: usize = 256 << 10;

/// A handle on a queue. Clones are the same.
///
/// # If a process dies
///
/// Within `put`: the message is wholly there or wholly not. Within `get`, of a plain queue: it is there, or gone. With messages
/// of a joinable queue that are not done: see [`OnLost`](procession_objects::OnLost); it is known when its lease has run out, or at once if it
/// has let go of its last handle.
#[derive(Clone)]
pub struct Queue(Arc<Shared>);

struct Shared {
    // Before the object: its last call needs it.
    consumer: ForkAware<Mutex<Option<Arc<Consumer>>>>,
    object: Object,
    config: QueueConfig,
    /// Lost messages of which this handle has told.
    told: AtomicU64,
}

impl Queue {
    /// Makes a queue; or attaches to the one of that name, which must have been made in the same way.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Mismatch`]; [`ClusterError::Unavailable`] and its like.
    pub fn create(
        cluster: &Cluster,
        name: Option<&str>,
        config: &QueueConfig,
    ) -> Result<Queue, ClusterError> {
        let object = Object::new(cluster, Kind::Queue, name)?;
        let settings = settings::write(config);
        let settings: Vec<(&str, &str)> = settings
            .iter()
            .map(|(setting, value)| (*setting, value.as_str()))
            .collect();
        object.create(&settings)?;
        Queue::open(object)
    }

    /// A handle on the queue that another handle names.
    ///
    /// # Errors
    ///
    /// [`ClusterError::Gone`]; [`ClusterError::Unavailable`] and its like.
    pub fn attach(cluster: &Cluster, name: &str) -> Result<Queue, ClusterError> {
        Queue::open(Object::attach(cluster, Kind::Queue, name)?)
    }

    fn open(object: Object) -> Result<Queue, ClusterError> {
        let queue = Queue::of_object(object)?;
        // A process leaves with its last handle, not with the last that it has got anything through.
        if queue.config().joinable.is_some() {
            queue.consumer()?;
        }
        Ok(queue)
    }

    fn of_object(object: Object) -> Result<Queue, ClusterError> {
        let (config, lost) = settings::read(&object)?;
        Ok(Queue(Arc::new(Shared {
            consumer: ForkAware::new(),
            object,
            config,
            told: AtomicU64::new(lost),
        })))
    }

    /// The object on the server.
    pub fn object(&self) -> &Object {
        &self.0.object
    }

    /// What it was made with.
    pub fn config(&self) -> &QueueConfig {
        &self.0.config
    }

    fn cluster(&self) -> &Cluster {
        self.0.object.cluster()
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Queue")
            .field("object", &self.0.object)
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}
