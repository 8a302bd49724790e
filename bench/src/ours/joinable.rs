//! `task_done` and `join`, in each mode of what becomes of lost items.

use std::time::{Duration, Instant};

use anyhow::Error;
use procession::{JoinableQueue, OnLost, Queue, QueueError};

use super::{Tallies, await_from, await_tallies, process, unless_closed};
use crate::crew::drain;
use crate::load::Load;
use crate::tally::Tally;

/// Moves `count` numbers to a consumer that reports each as done; until all are done.
pub(crate) fn run(on_lost: OnLost, count: u64) -> Result<Duration, Error> {
    let capacity = Load::Number.capacity();
    let tasks = JoinableQueue::builder()
        .maxsize(capacity)
        .on_lost(on_lost)
        .build()?;
    let (ready, tallies) = (Queue::new()?, Queue::new()?);
    let arguments = (tasks.clone(), ready.clone(), tallies.clone());
    let workers = [process("consumer").spawn(consume, arguments)?];
    await_from(&ready, &workers)?;

    let start = Instant::now();
    (0..count).try_for_each(|number| tasks.put(&number))?;
    tasks.join()?;
    let elapsed = start.elapsed();
    tasks.close()?;
    await_tallies(&tallies, 1, &workers)?.verify(Tally::expected(Load::Number, count))?;
    let [consumer] = workers;
    consumer.join()??;
    Ok(elapsed)
}

fn consume(
    tasks: JoinableQueue<u64>,
    ready: Queue<()>,
    tallies: Tallies,
) -> Result<(), QueueError> {
    ready.put(&())?;
    let seen = drain(|tally| {
        let Some(number) = unless_closed(tasks.get())? else {
            return Ok(false);
        };
        tally.add(number);
        tasks.task_done()?;
        Ok(true)
    });
    tallies.put(&seen.map_err(|failure| format!("{failure:#}")))
}
