//! procession itself, by its public interface and nothing else.

pub(crate) mod crew;
pub(crate) mod joinable;
pub(crate) mod pairs;
pub(crate) mod round_trip;
pub(crate) mod start;
mod stream;

use std::time::Duration;

use anyhow::{Error, anyhow};
use procession::{Process, ProcessBuilder, Queue, QueueError};
use serde::de::DeserializeOwned;

use crate::tally::Tally;

/// Where consumers say what they saw, or why they stopped.
type Tallies = Queue<Result<Tally, String>>;

/// Starts a process the way a user does who says nothing about it.
fn process(name: &str) -> ProcessBuilder {
    Process::builder().name(name).daemon(true)
}

/// A process of ours, which says how it failed.
type Worker = Process<Result<(), QueueError>>;

/// What one of `workers` puts next, unless one of them failed instead.
fn await_from<T: DeserializeOwned + 'static>(
    queue: &Queue<T>,
    workers: &[Worker],
) -> Result<T, Error> {
    loop {
        match queue.get_timeout(Duration::from_secs(1)) {
            Err(QueueError::TimedOut) => complain_of_failures(workers)?,
            got => return Ok(got?),
        }
    }
}

fn complain_of_failures(workers: &[Worker]) -> Result<(), Error> {
    let mut ended = workers.iter().filter(|worker| !worker.is_alive());
    ended.try_for_each(|worker| Ok(worker.join()??))
}

/// What all consumers have seen together.
fn await_tallies(tallies: &Tallies, consumers: usize, workers: &[Worker]) -> Result<Tally, Error> {
    let mut all = Tally::default();
    for _ in 0..consumers {
        let seen = await_from(tallies, workers)?;
        all.merge(seen.map_err(|reason| anyhow!("a consumer failed: {reason}"))?);
    }
    Ok(all)
}

/// A queue ends when it is closed and empty; that is no failure.
fn unless_closed<T>(got: Result<T, QueueError>) -> Result<Option<T>, Error> {
    match got {
        Ok(item) => Ok(Some(item)),
        Err(QueueError::Closed) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

/// A queue that holds so many items, or any number of them.
fn queue<T>(capacity: Option<usize>) -> Result<Queue<T>, QueueError> {
    Queue::builder().maxsize(capacity.unwrap_or(0)).build()
}
