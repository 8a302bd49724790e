//! Putting and getting where the queue is on a server.

use procession_arena::Wait;
use procession_cluster::queue::Queue as OnServer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::GetManyError;
use crate::QueueError;
use crate::place::{decode_from_server, encode_for_server};

/// Items, and encoded bytes, that are handed to the floor below at once; about what one step on the server moves.
const CHUNK: usize = 1000;
const CHUNK_BYTES: usize = 256 << 10;

pub(super) fn send<T: Serialize + 'static>(
    queue: &OnServer,
    item: &T,
    wait: Wait,
) -> Result<(), QueueError> {
    let mut bytes = Vec::new();
    encode_for_server(queue.object().cluster(), item, &mut bytes).map_err(QueueError::encode)?;
    Ok(queue.put(&bytes, wait)?)
}

/// Puts the first few of `items`, at least one of them; returns how many.
///
/// One that cannot be encoded is complained of only when it is the first, so that those before it are put.
pub(super) fn send_some<T: Serialize + 'static>(
    queue: &OnServer,
    items: &[T],
) -> Result<usize, QueueError> {
    let mut messages = Vec::new();
    let mut size = 0;
    for item in items.iter().take(CHUNK) {
        let mut bytes = Vec::new();
        match encode_for_server(queue.object().cluster(), item, &mut bytes) {
            Ok(()) => size += bytes.len(),
            Err(failure) if messages.is_empty() => return Err(QueueError::encode(failure)),
            Err(_) => break,
        }
        messages.push(bytes);
        if size >= CHUNK_BYTES {
            break;
        }
    }
    let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
    Ok(queue.put_many(&messages, Wait::Forever)?)
}

pub(super) fn receive<T: DeserializeOwned + 'static>(
    queue: &OnServer,
    wait: Wait,
) -> Result<(T, u32), QueueError> {
    let mut message = queue.get(wait)?;
    let item = decode_from_server(queue.object().cluster(), &mut message.bytes);
    Ok((item.map_err(QueueError::decode)?, message.deliveries))
}

#[expect(clippy::result_large_err, reason = "as in `Queue::get_many`")]
/// Gets at least one and at most `limit` items; one that cannot be decoded does not keep back the others.
pub(super) fn receive_many<T: DeserializeOwned + 'static>(
    queue: &OnServer,
    limit: usize,
) -> Result<Vec<T>, GetManyError<T>> {
    let messages = queue
        .get_many(limit, Wait::Forever)
        .map_err(QueueError::from)?;
    let mut items = Vec::with_capacity(messages.len());
    let mut undecoded = 0;
    let mut first_failure = None;
    for message in messages {
        let item = message.map_err(QueueError::from).and_then(|mut message| {
            let item = decode_from_server(queue.object().cluster(), &mut message.bytes);
            item.map_err(QueueError::decode)
        });
        match item {
            Ok(item) => items.push(item),
            Err(failure) => {
                undecoded += 1;
                first_failure.get_or_insert(failure);
            }
        }
    }
    match first_failure {
        None => Ok(items),
        Some(error) => Err(GetManyError {
            items,
            undecoded,
            error,
        }),
    }
}
