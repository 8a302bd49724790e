//! What is measured of pools whose tasks go through a server.

use std::time::{Duration, Instant};

use anyhow::{Error, ensure};

use super::work::{expected, hash, number_of, text};
use super::{Tells, by_apalis, contestant, ours, scenario};
use crate::echo::{Pace, round_trips};
use crate::measure::{Column, Contestant, Scenario};

/// Worker processes that carry out [`answer`](super::work::answer).
pub(super) trait Workers {
    /// Has one task done, and waits for its result.
    fn one(&mut self, question: String) -> Result<String, Error>;

    /// Submits tasks `0..count` one by one, and then waits for all results; their sum.
    fn each(&mut self, count: u64) -> Result<u64, Error>;

    /// Submits tasks `0..count` in as few steps as it can; the sum of their results.
    fn together(&mut self, count: u64) -> Result<u64, Error>;
}

/// Tasks that are done before the clock runs.
const FIRST: u64 = 256;

type Start = fn() -> Result<Box<dyn Workers>, Error>;

/// Everybody who carries tasks, with a server and workers of his own.
const CONTESTANTS: [(Column, Start); 2] = [
    (Column::Procession, ours::start_workers),
    (Column::Apalis, by_apalis::start),
];

/// All scenarios, in the order of the table.
pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        scenario(everybody(
            "task of 100 B, there and back",
            Tells::Microseconds,
            round_trip,
        )),
        scenario(everybody(
            "tasks of 100 B, submitted one by one, 2 workers",
            Tells::PerSecond,
            |workers, count| timed(workers, count, |workers, count| workers.each(count)),
        )),
        scenario(everybody(
            "tasks of 100 B, submitted together, 2 workers",
            Tells::PerSecond,
            |workers, count| timed(workers, count, |workers, count| workers.together(count)),
        )),
    ]
}

type Run = fn(&mut dyn Workers, u64) -> Result<Duration, Error>;

fn everybody(row: &'static str, tells: Tells, run: Run) -> Vec<Contestant> {
    CONTESTANTS
        .map(|(column, start)| {
            contestant(column, row, tells, move |count| {
                run(start()?.as_mut(), count)
            })
        })
        .into()
}

fn round_trip(workers: &mut dyn Workers, count: u64) -> Result<Duration, Error> {
    round_trips(count, Pace::Awake, |number| {
        let answer = workers.one(text(number))?;
        ensure!(
            number_of(&answer)? == hash(number),
            "a task has a wrong result"
        );
        Ok(number)
    })
}

/// The time until all results are there, of workers that have begun already.
fn timed(
    workers: &mut dyn Workers,
    count: u64,
    all: fn(&mut dyn Workers, u64) -> Result<u64, Error>,
) -> Result<Duration, Error> {
    workers.together(FIRST)?;
    let begin = Instant::now();
    let sum = all(workers, count)?;
    let elapsed = begin.elapsed();
    ensure!(
        sum == expected(count),
        "the results of {count} tasks do not add up"
    );
    Ok(elapsed)
}
