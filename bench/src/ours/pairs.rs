//! Several producers and consumers on one queue.

use std::time::{Duration, Instant};

use anyhow::Error;
use procession::{Queue, QueueError};

use super::{Tallies, await_from, await_tallies, process, queue, unless_closed};
use crate::crew::{drain, share};
use crate::load::Load;
use crate::tally::Tally;

/// Moves `count` numbers from `pairs` producers to as many consumers.
pub(crate) fn run(pairs: u64, count: u64) -> Result<Duration, Error> {
    let numbers = queue(Some(Load::Number.capacity()))?;
    let (ready, go) = (Queue::new()?, Queue::new()?);
    let (finished, tallies) = (Queue::new()?, Queue::new()?);
    let mut workers = Vec::new();
    for index in 0..pairs {
        let share = share(count, index, pairs);
        let signals = (ready.clone(), go.clone(), finished.clone());
        let arguments = (numbers.clone(), signals, share.start, share.end);
        workers.push(process("producer").spawn(produce, arguments)?);
        let arguments = (numbers.clone(), ready.clone(), tallies.clone());
        workers.push(process("consumer").spawn(consume, arguments)?);
    }
    (0..2 * pairs).try_for_each(|_| await_from(&ready, &workers))?;

    let start = Instant::now();
    (0..pairs).try_for_each(|_| go.put(&()))?;
    (0..pairs).try_for_each(|_| await_from(&finished, &workers))?;
    numbers.close()?;
    let seen = await_tallies(&tallies, pairs as usize, &workers)?;
    let elapsed = start.elapsed();
    workers
        .iter()
        .try_for_each(|worker| Ok::<_, Error>(worker.join()??))?;
    seen.verify(Tally::expected(Load::Number, count))?;
    Ok(elapsed)
}

/// Ready, go, finished.
type Signals = (Queue<()>, Queue<()>, Queue<()>);

fn produce(
    numbers: Queue<u64>,
    (ready, go, finished): Signals,
    first: u64,
    end: u64,
) -> Result<(), QueueError> {
    ready.put(&())?;
    go.get()?;
    (first..end).try_for_each(|number| numbers.put(&number))?;
    finished.put(&())
}

fn consume(numbers: Queue<u64>, ready: Queue<()>, tallies: Tallies) -> Result<(), QueueError> {
    ready.put(&())?;
    let seen = drain(|tally| {
        let number = unless_closed(numbers.get())?;
        Ok(number.inspect(|number| tally.add(*number)).is_some())
    });
    tallies.put(&seen.map_err(|failure| format!("{failure:#}")))
}
