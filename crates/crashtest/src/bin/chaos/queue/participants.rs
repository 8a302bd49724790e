//! What the processes do that are killed.

use procession::{JoinableQueue, Queue, QueueError};
use serde::{Deserialize, Serialize};

/// What goes through the queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    /// Which process put it; never used again for another one.
    pub(crate) producer: u64,
    /// Which item of that process.
    pub(crate) number: u64,
    /// Follows from the two, so that damage shows.
    pub(crate) filling: Vec<u16>,
}

/// What a consumer says of an item that it has got.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Receipt {
    pub(crate) consumer: u64,
    pub(crate) producer: u64,
    pub(crate) number: u64,
    pub(crate) deliveries: u32,
    pub(crate) intact: bool,
}

impl Item {
    fn new(producer: u64, number: u64) -> Item {
        Item {
            producer,
            number,
            filling: filling(producer, number),
        }
    }
}

/// Mostly short; now and then too long for a record, so that it needs a block.
fn filling(producer: u64, number: u64) -> Vec<u16> {
    let length = match number % 64 {
        63 => 20_000,
        32 => 3_000,
        short => short,
    };
    (0..length)
        .map(|place| (producer ^ number ^ place) as u16)
        .collect()
}

/// Puts items until the queue is closed.
pub(crate) fn produce(producer: u64, items: JoinableQueue<Item>) -> Result<(), QueueError> {
    for number in 0.. {
        match items.put(&Item::new(producer, number)) {
            Ok(()) => {}
            Err(QueueError::Closed) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Gets items until the queue is closed and empty, and says what it got before it marks it done.
pub(crate) fn consume(
    consumer: u64,
    items: JoinableQueue<Item>,
    receipts: Queue<Receipt>,
) -> Result<(), QueueError> {
    loop {
        let delivery = match items.get_delivery() {
            Ok(delivery) => delivery,
            Err(QueueError::Closed) => return Ok(()),
            Err(error) => return Err(error),
        };
        let Item {
            producer,
            number,
            filling: found,
        } = delivery.item;
        let receipt = Receipt {
            consumer,
            producer,
            number,
            deliveries: delivery.deliveries,
            intact: found == filling(producer, number),
        };
        receipts.put(&receipt)?;
        items.task_done()?;
    }
}
