//! Putting many items in one go.

use procession_arena::{Handle, Wait};
use procession_objects::Queue as Core;
use serde::Serialize;

use super::{Queue, on_server};
use crate::QueueError;
use crate::attachment::Attachment;
use crate::codec::{CodecError, Scratch, encode, raw_bytes};
use crate::place::Place;

/// Items that are handed to the floor below at once; the list of their slices is on the stack.
const CHUNK: usize = 256;

/// Encoded bytes with which a chunk is full, however few its items are.
const CHUNK_BYTES: usize = 256 << 10;

/// [`put_many`](Queue::put_many) did not put all of the items.
///
/// It turns into its `error` by `?` in a function that returns [`QueueError`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("after {put} item(s): {error}")]
pub struct PutManyError {
    /// How many items were put: the first so many of them.
    pub put: usize,
    /// Why the next one was not.
    #[source]
    pub error: QueueError,
}

impl From<PutManyError> for QueueError {
    fn from(failure: PutManyError) -> QueueError {
        failure.error
    }
}

impl<T: Serialize + 'static> Queue<T> {
    /// Puts all `items` in their order; waits whenever the queue is full.
    ///
    /// It is faster than as many calls of [`put`](Queue::put). Items that others put at the same
    /// time may come to stand between them.
    ///
    /// # Errors
    ///
    /// Those of [`put`](Queue::put), and how many items were put before.
    ///
    /// # If a process dies
    ///
    /// The items up to some item are wholly in the queue, and the rest wholly not.
    ///
    /// # Examples
    ///
    /// ```
    /// let queue = procession::Queue::new()?;
    /// queue.put_many(&[2, 3, 5, 7])?;
    /// assert_eq!(queue.get_many(100)?, [2, 3, 5, 7]);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    pub fn put_many(&self, items: &[T]) -> Result<(), PutManyError> {
        let mut put = 0;
        while put < items.len() {
            let rest = &items[put..];
            put += self
                .put_some(rest)
                .map_err(|error| PutManyError { put, error })?;
        }
        Ok(())
    }

    /// Puts the first few of `items`, at least one of them; returns how many.
    fn put_some(&self, items: &[T]) -> Result<usize, QueueError> {
        let queue = match self.place() {
            Place::Memory(queue) => queue,
            Place::Server(queue) => return on_server::send_some(queue, items),
        };
        let mut messages = [&[][..]; CHUNK];
        let mut count = 0;
        for (message, bytes) in messages.iter_mut().zip(items.iter().map_while(raw_bytes)) {
            *message = bytes;
            count += 1;
        }
        if count > 0 {
            return put_messages(queue, &messages[..count]);
        }
        Scratch::lend(|scratch| {
            let bytes = &mut scratch.outgoing;
            bytes.clear();
            let mut ends = [0; CHUNK];
            let (count, handles) =
                encode_some(items, bytes, &mut ends).map_err(QueueError::encode)?;
            if !handles.is_empty() {
                queue.with(|queue, me| queue.put(me, bytes, &handles, Wait::Forever))?;
                return Ok(1);
            }
            let mut messages = [&[][..]; CHUNK];
            let mut start = 0;
            for (message, &end) in messages.iter_mut().zip(&ends[..count]) {
                *message = &bytes[start..end];
                start = end;
            }
            put_messages(queue, &messages[..count])
        })
    }
}

fn put_messages(queue: &Attachment<Core>, messages: &[&[u8]]) -> Result<usize, QueueError> {
    Ok(queue.with(|queue, me| queue.put_many(me, messages, Wait::Forever))?)
}

/// Encodes the first few of `items`, at least one, one after the other; notes where each one ends.
///
/// Returns how many, and the handles in them. An item with handles is always alone; one that
/// cannot be encoded is complained of only when it is the first, so that those before it are put.
fn encode_some<T: Serialize>(
    items: &[T],
    bytes: &mut Vec<u8>,
    ends: &mut [usize; CHUNK],
) -> Result<(usize, Vec<Handle>), CodecError> {
    for (count, (item, end)) in items.iter().zip(&mut *ends).enumerate() {
        match encode(item, bytes) {
            Ok(handles) if handles.is_empty() => *end = bytes.len(),
            Ok(handles) if count == 0 => return Ok((1, handles)),
            Err(failure) if count == 0 => return Err(failure),
            Ok(_) | Err(_) => return Ok((count, Vec::new())),
        }
        if bytes.len() >= CHUNK_BYTES {
            return Ok((count + 1, Vec::new()));
        }
    }
    Ok((items.len().min(CHUNK), Vec::new()))
}
