//! Putting an item.

use std::time::Duration;

use procession_arena::Wait;
use serde::Serialize;

use super::{Queue, on_server};
use crate::QueueError;
use crate::codec::{Scratch, encode, raw_bytes};
use crate::deadline::until;
use crate::place::Place;

impl<T: Serialize + 'static> Queue<T> {
    /// Puts an item at the end of the queue; waits while the queue is full.
    ///
    /// # Errors
    ///
    /// [`QueueError::Closed`], [`QueueError::Encode`] and [`QueueError::OutOfMemory`]; the item
    /// is then not in the queue, and the queue goes on as before.
    ///
    /// # If a process dies
    ///
    /// The item is wholly in the queue, or wholly not.
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = procession::Queue::new()?;
    /// queue.put(&("any", "serde value", 7))?;
    /// # Ok::<_, procession::QueueError>(())
    /// ```
    #[inline]
    pub fn put(&self, item: &T) -> Result<(), QueueError> {
        self.send(item, Wait::Forever)
    }

    /// Puts an item if the queue has a free place now.
    ///
    /// # Errors
    ///
    /// [`QueueError::Full`], and those of [`put`](Queue::put).
    #[inline]
    pub fn try_put(&self, item: &T) -> Result<(), QueueError> {
        self.send(item, Wait::Never)
    }

    /// Puts an item; waits at most for `timeout` while the queue is full.
    ///
    /// # Errors
    ///
    /// [`QueueError::TimedOut`], and those of [`put`](Queue::put).
    #[inline]
    pub fn put_timeout(&self, item: &T, timeout: Duration) -> Result<(), QueueError> {
        self.send(item, until(timeout))
    }

    #[inline]
    fn send(&self, item: &T, wait: Wait) -> Result<(), QueueError> {
        let queue = match &self.place {
            Place::Memory(queue) => queue,
            Place::Server(queue) => return on_server::send(queue, item, wait),
        };
        if let Some(bytes) = raw_bytes(item) {
            return Ok(queue.with(|queue, me| queue.put(me, bytes, &[], wait))?);
        }
        Scratch::lend(|scratch| {
            let bytes = &mut scratch.outgoing;
            bytes.clear();
            let handles = encode(item, bytes).map_err(QueueError::encode)?;
            Ok(queue.with(|queue, me| queue.put(me, bytes, &handles, wait))?)
        })
    }
}
