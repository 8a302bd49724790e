//! Consumer processes that share one queue.

use anyhow::Error;
use procession::{Queue, QueueError, StartMethod};

use super::stream::{Batches, Bytes, Singles, Stream};
use super::{Tallies, Worker, await_from, await_tallies, process, queue};
use crate::crew::{Crew, drain};
use crate::load::{Load, Sample};
use crate::tally::Tally;

struct OurCrew<S: Stream> {
    workers: Vec<Worker>,
    messages: Queue<S::Item>,
    tallies: Tallies,
    size: usize,
}

/// Starts consumers and waits until all of them can receive; the queue holds `capacity` messages,
/// or any number of them.
pub(crate) fn start(
    load: Load,
    consumers: usize,
    capacity: Option<usize>,
    method: StartMethod,
) -> Result<Box<dyn Crew>, Error> {
    Ok(match load {
        Load::Number => OurCrew::<Singles<u64>>::start(consumers, capacity, 0, method)?,
        Load::Sample => OurCrew::<Singles<Sample>>::start(consumers, capacity, 0, method)?,
        Load::Batches => OurCrew::<Batches>::start(consumers, capacity, 0, method)?,
        Load::Bytes(size) => OurCrew::<Bytes>::start(consumers, capacity, size, method)?,
    })
}

impl<S: Stream> OurCrew<S> {
    fn start(
        consumers: usize,
        capacity: Option<usize>,
        size: usize,
        method: StartMethod,
    ) -> Result<Box<dyn Crew>, Error> {
        let (messages, ready, tallies) = (queue(capacity)?, Queue::new()?, Queue::new()?);
        let consumer = |_| {
            let arguments = (messages.clone(), ready.clone(), tallies.clone(), size);
            process("consumer")
                .start_method(method)
                .spawn(consume::<S>, arguments)
        };
        let workers = (0..consumers)
            .map(consumer)
            .collect::<Result<Vec<_>, _>>()?;
        (0..consumers).try_for_each(|_| await_from(&ready, &workers))?;
        Ok(Box::new(Self {
            workers,
            messages,
            tallies,
            size,
        }))
    }
}

fn consume<S: Stream>(
    messages: Queue<S::Item>,
    ready: Queue<()>,
    tallies: Tallies,
    size: usize,
) -> Result<(), QueueError> {
    ready.put(&())?;
    let seen = drain(|tally| S::get(&messages, size, tally));
    tallies.put(&seen.map_err(|failure| format!("{failure:#}")))
}

impl<S: Stream> Crew for OurCrew<S> {
    fn feed(&mut self, count: u64) -> Result<(), Error> {
        S::put_all(&self.messages, count, self.size)
    }

    fn finish(&mut self) -> Result<Tally, Error> {
        self.messages.close()?;
        await_tallies(&self.tallies, self.workers.len(), &self.workers)
    }

    fn join(self: Box<Self>) -> Result<(), Error> {
        self.workers
            .iter()
            .try_for_each(|worker| Ok(worker.join()??))
    }
}
