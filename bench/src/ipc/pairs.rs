//! Several producers and consumers: a channel has one receiver, so each producer gets a consumer.

use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Error, ensure};
use ipc_channel::ipc::{self, IpcReceiver, IpcSender};
use serde::{Deserialize, Serialize};

use super::crew::Hello;
use super::line::{Line, Typed};
use super::{Starting, say_hello};
use crate::crew::share;
use crate::load::Load;
use crate::tally::Tally;

/// What a producer is to send, and where.
#[derive(Serialize, Deserialize)]
pub(crate) struct Order {
    to: IpcSender<u64>,
    first: u64,
    end: u64,
}

struct Pair {
    producer: Child,
    consumer: Child,
    orders: IpcSender<Order>,
    messages: IpcSender<u64>,
    tally: IpcReceiver<Tally>,
}

/// Moves `count` numbers through `pairs` channels; the time from the first order to the last tally.
pub(crate) fn run(pairs: u64, count: u64) -> Result<Duration, Error> {
    let producers = pairs;
    let pairs = (0..producers)
        .map(|_| Pair::start())
        .collect::<Result<Vec<_>, _>>()?;
    let (mut children, mut tallies) = (vec![], vec![]);
    let start = Instant::now();
    for (index, pair) in pairs.into_iter().enumerate() {
        let share = share(count, index as u64, producers);
        pair.orders.send(Order {
            to: pair.messages,
            first: share.start,
            end: share.end,
        })?;
        children.extend([pair.producer, pair.consumer]);
        tallies.push(pair.tally);
    }
    let mut all = Tally::default();
    for tally in tallies {
        all.merge(tally.recv()?);
    }
    let elapsed = start.elapsed();
    for mut child in children {
        let status = child.wait()?;
        ensure!(status.success(), "a process ended with {status}");
    }
    all.verify(Tally::expected(Load::Number, count))?;
    Ok(elapsed)
}

impl Pair {
    fn start() -> Result<Self, Error> {
        let (producer, orders) = Starting::launch("ipc-producer", &[])?.hello()?;
        let load = Load::Number.to_string();
        let (consumer, hello) =
            Starting::<Hello<Typed<u64>>>::launch("ipc-consumer", &[&load])?.hello()?;
        let Hello { messages, tally } = hello;
        Ok(Self {
            producer,
            consumer,
            orders,
            messages,
            tally,
        })
    }
}

/// The part of a producer.
pub(crate) fn producer(server: &str) -> Result<(), Error> {
    let (orders, mine) = ipc::channel::<Order>()?;
    say_hello(server, orders)?;
    let Order { to, first, end } = mine.recv()?;
    let mut number = first;
    while number < end {
        number = Typed::<u64>::send(&to, number, end, &mut [])?;
    }
    Ok(())
}
