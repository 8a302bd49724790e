//! How each kind of load travels best over a queue.

use std::marker::PhantomData;

use anyhow::Error;
use procession::Queue;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::unless_closed;
use crate::load::{BATCH, Message, stamp, stamped};
use crate::tally::Tally;

pub(super) trait Stream: 'static {
    type Item: Serialize + DeserializeOwned + 'static;

    /// Puts messages `0..count`; a large message has `size` bytes.
    fn put_all(queue: &Queue<Self::Item>, count: u64, size: usize) -> Result<(), Error>;

    /// Adds what comes next to the tally; false when nothing more can come.
    fn get(queue: &Queue<Self::Item>, size: usize, tally: &mut Tally) -> Result<bool, Error>;
}

/// Small messages, one at a time.
pub(super) struct Singles<M>(PhantomData<M>);

impl<M: Message> Stream for Singles<M> {
    type Item = M;

    fn put_all(queue: &Queue<M>, count: u64, _: usize) -> Result<(), Error> {
        Ok((0..count).try_for_each(|number| queue.put(&M::numbered(number)))?)
    }

    fn get(queue: &Queue<M>, _: usize, tally: &mut Tally) -> Result<bool, Error> {
        let item = unless_closed(queue.get())?;
        Ok(item
            .inspect(|message| tally.add(message.checksum()))
            .is_some())
    }
}

/// Numbers, many handed over at a time; each stays a message of its own.
pub(super) struct Batches;

impl Stream for Batches {
    type Item = u64;

    fn put_all(queue: &Queue<u64>, count: u64, _: usize) -> Result<(), Error> {
        let mut batch = Vec::with_capacity(BATCH);
        let mut next = 0;
        while next < count {
            batch.clear();
            batch.extend(next..count.min(next + BATCH as u64));
            queue.put_many(&batch)?;
            next += batch.len() as u64;
        }
        Ok(())
    }

    fn get(queue: &Queue<u64>, _: usize, tally: &mut Tally) -> Result<bool, Error> {
        let batch = unless_closed(queue.get_many(BATCH).map_err(|failure| failure.error))?;
        Ok(batch
            .inspect(|batch| batch.iter().for_each(|number| tally.add(*number)))
            .is_some())
    }
}

/// Large messages, which travel without any encoding.
pub(super) struct Bytes;

impl Stream for Bytes {
    type Item = Vec<u8>;

    fn put_all(queue: &Queue<Vec<u8>>, count: u64, size: usize) -> Result<(), Error> {
        let mut message = vec![0; size];
        for number in 0..count {
            stamp(&mut message, number);
            queue.put(&message)?;
        }
        Ok(())
    }

    fn get(queue: &Queue<Vec<u8>>, size: usize, tally: &mut Tally) -> Result<bool, Error> {
        let Some(message) = unless_closed(queue.get())? else {
            return Ok(false);
        };
        tally.add(stamped(&message, size)?);
        Ok(true)
    }
}
