//! Getting many items in one go.

#![expect(
    clippy::result_large_err,
    reason = "an error that carries what was got all the same is as large as that"
)]

use std::fmt;

use procession_arena::Wait;
use procession_objects::Batch;
use serde::de::DeserializeOwned;

use super::{Queue, on_server};
use crate::QueueError;
use crate::codec::{Scratch, decode_copy};
use crate::passengers::Passengers;
use crate::place::Place;

/// [`get_many`](Queue::get_many) got items of which some could not be deserialized.
///
/// It turns into its `error` by `?` in a function that returns [`QueueError`]; the items are then
/// dropped.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct GetManyError<T> {
    /// The items that could be deserialized, in their order.
    pub items: Vec<T>,
    /// How many could not. They are no longer in the queue.
    pub undecoded: usize,
    /// Why the first of them could not, or why nothing was got at all.
    pub error: QueueError,
}

impl<T> fmt::Debug for GetManyError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GetManyError")
            .field("items", &self.items.len())
            .field("undecoded", &self.undecoded)
            .field("error", &self.error)
            .finish()
    }
}

impl<T> From<GetManyError<T>> for QueueError {
    fn from(failure: GetManyError<T>) -> QueueError {
        failure.error
    }
}

impl<T> From<QueueError> for GetManyError<T> {
    fn from(error: QueueError) -> GetManyError<T> {
        GetManyError {
            items: Vec::new(),
            undecoded: 0,
            error,
        }
    }
}

impl<T: DeserializeOwned + 'static> Queue<T> {
    /// Gets at least one and at most `limit` items; waits while there is none.
    ///
    /// It takes what is there and does not wait for more. It is faster than as many calls of
    /// [`get`](Queue::get). With a `limit` of zero it returns at once with nothing.
    ///
    /// # Errors
    ///
    /// Those of [`get`](Queue::get), with the items that could be deserialized.
    ///
    /// # If a process dies
    ///
    /// As in [`get`](Queue::get), for each item.
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = procession::Queue::new()?;
    /// queue.put_many(&[2, 3, 5, 7])?;
    /// assert_eq!(queue.get_many(3)?, [2, 3, 5]);
    /// assert_eq!(queue.get_many(3)?, [7]);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn get_many(&self, limit: usize) -> Result<Vec<T>, GetManyError<T>> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let queue = match self.place() {
            Place::Memory(queue) => queue,
            Place::Server(queue) => return on_server::receive_many(queue, limit),
        };
        Scratch::lend(|scratch| {
            let batch = &mut scratch.batch;
            batch.clear();
            queue
                .with(|queue, me| queue.get_many(me, batch, limit, Wait::Forever))
                .map_err(QueueError::from)?;
            let items = decode_all(batch);
            let bytes = (0..batch.len())
                .map(|index| batch.get(index).map_or(0, <[u8]>::len))
                .sum();
            scratch.give_up_large_batch(bytes);
            items
        })
    }
}

/// Decodes the messages of a batch; one that cannot be decoded does not keep back the others.
fn decode_all<T: DeserializeOwned + 'static>(batch: &Batch) -> Result<Vec<T>, GetManyError<T>> {
    let _passengers = Passengers(batch);
    let mut items = Vec::with_capacity(batch.len());
    let mut undecoded = 0;
    let mut first_failure = None;
    for index in 0..batch.len() {
        match decode_copy(batch.get(index).unwrap_or_default()) {
            Ok(item) => items.push(item),
            Err(failure) => {
                undecoded += 1;
                first_failure.get_or_insert(failure);
            }
        }
    }
    match first_failure {
        None => Ok(items),
        Some(failure) => Err(GetManyError {
            items,
            undecoded,
            error: QueueError::decode(failure),
        }),
    }
}
