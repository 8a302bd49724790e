//! Getting an item.

use std::time::Duration;

use procession_arena::Wait;
use serde::de::DeserializeOwned;

use super::{Queue, on_server};
use crate::QueueError;
use crate::codec::{Scratch, decode_owned, is_raw};
use crate::deadline::until;
use crate::passengers::Passengers;
use crate::place::Place;

impl<T: DeserializeOwned + 'static> Queue<T> {
    /// Gets the item at the front of the queue; waits while there is none.
    ///
    /// # Errors
    ///
    /// [`QueueError::Closed`] once the queue is closed and all its items were got;
    /// [`QueueError::Decode`] if the item cannot be deserialized: it is got all the same, so that the
    /// next call gets the next one.
    ///
    /// # If a process dies
    ///
    /// Others that wait are not affected. If it dies within `get`, the item is still in the queue, or
    /// lost with the process; a [`JoinableQueue`](crate::JoinableQueue) tells, or redelivers it.
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = procession::Queue::new()?;
    /// queue.put(&"bread".to_owned())?;
    /// assert_eq!(queue.get()?, "bread");
    /// # Ok::<_, procession::QueueError>(())
    /// ```
    #[inline]
    pub fn get(&self) -> Result<T, QueueError> {
        self.receive(Wait::Forever).map(|(item, _)| item)
    }

    /// Gets an item if there is one now.
    ///
    /// # Errors
    ///
    /// [`QueueError::Empty`], and those of [`get`](Queue::get).
    #[inline]
    pub fn try_get(&self) -> Result<T, QueueError> {
        self.receive(Wait::Never).map(|(item, _)| item)
    }

    /// Gets an item; waits at most for `timeout` while there is none.
    ///
    /// # Errors
    ///
    /// [`QueueError::TimedOut`], and those of [`get`](Queue::get).
    #[inline]
    pub fn get_timeout(&self, timeout: Duration) -> Result<T, QueueError> {
        self.receive(until(timeout)).map(|(item, _)| item)
    }

    /// Gets an item, and how often it was given out.
    #[inline]
    pub(crate) fn receive(&self, wait: Wait) -> Result<(T, u32), QueueError> {
        let queue = match &self.place {
            Place::Memory(queue) => queue,
            Place::Server(queue) => return on_server::receive(queue, wait),
        };
        Scratch::lend(|scratch| {
            let message = &mut scratch.message;
            if is_raw::<T>() {
                // The item takes its buffer along, which is then to be of the item's size.
                message.bytes = Vec::new();
            }
            queue.with(|queue, me| queue.get(me, message, wait))?;
            let _passengers = Passengers(&message.handles);
            let item = decode_owned(&mut message.bytes).map_err(QueueError::decode)?;
            Ok((item, message.deliveries))
        })
    }
}
