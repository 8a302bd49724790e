//! What is measured of objects on a server, used by one process.

use std::time::{Duration, Instant};

use anyhow::{Context, Error, ensure};

use super::work::{number_of, text};
use super::{Tells, by_commands, contestant, ours, scenario};
use crate::measure::{Column, Contestant, Scenario};

/// Elements that are put, and taken, at a time.
const BATCH: u64 = 100;

/// Entries of the dict.
const ENTRIES: u64 = 1_000;

/// A queue, a dict and a lock on a server.
pub(super) trait Objects {
    fn put(&mut self, text: String) -> Result<(), Error>;
    fn get(&mut self) -> Result<String, Error>;
    fn put_many(&mut self, texts: &[String]) -> Result<(), Error>;
    fn get_many(&mut self, limit: usize) -> Result<Vec<String>, Error>;
    fn set(&mut self, key: &str, text: String) -> Result<(), Error>;
    fn look_up(&mut self, key: &str) -> Result<Option<String>, Error>;
    fn lock_and_unlock(&mut self, number: u64) -> Result<(), Error>;
}

type Start = fn() -> Result<Box<dyn Objects>, Error>;

/// Everybody who has them, each on a server of his own.
const CONTESTANTS: [(Column, Start); 2] = [
    (Column::Procession, ours::start_objects),
    (Column::Redis, by_commands::start),
];

/// All scenarios, in the order of the table.
pub(super) fn scenarios() -> Vec<Scenario> {
    let rows: [(_, _, Run); 5] = [
        (
            "queue: put and get, 100 B",
            Tells::Microseconds,
            put_and_get,
        ),
        (
            "queue: put and get in batches of 100, 100 B",
            Tells::PerSecond,
            in_batches,
        ),
        ("dict: set, 100 B", Tells::Microseconds, set),
        ("dict: get, 100 B", Tells::Microseconds, look_up),
        ("lock: acquire and release", Tells::Microseconds, lock),
    ];
    rows.into_iter()
        .map(|(row, tells, run)| scenario(everybody(row, tells, run)))
        .collect()
}

type Run = fn(&mut dyn Objects, u64) -> Result<Duration, Error>;

fn everybody(row: &'static str, tells: Tells, run: Run) -> Vec<Contestant> {
    CONTESTANTS
        .map(|(column, start)| {
            contestant(column, row, tells, move |count| {
                run(start()?.as_mut(), count)
            })
        })
        .into()
}

/// The time of `count` steps, after a first one that does not count.
fn timed(count: u64, mut step: impl FnMut(u64) -> Result<(), Error>) -> Result<Duration, Error> {
    step(0)?;
    let begin = Instant::now();
    (0..count).try_for_each(step)?;
    Ok(begin.elapsed())
}

fn put_and_get(objects: &mut dyn Objects, count: u64) -> Result<Duration, Error> {
    timed(count, |number| {
        objects.put(text(number))?;
        check(&objects.get()?, number)
    })
}

fn in_batches(objects: &mut dyn Objects, count: u64) -> Result<Duration, Error> {
    let batches = count.div_ceil(BATCH);
    let elapsed = timed(batches, |batch| {
        let first = batch * BATCH;
        let texts: Vec<String> = (first..first + BATCH).map(text).collect();
        objects.put_many(&texts)?;
        let mut next = first;
        while next < first + BATCH {
            for text in objects.get_many((first + BATCH - next) as usize)? {
                check(&text, next)?;
                next += 1;
            }
        }
        Ok(())
    })?;
    // As much of it as was asked for: the last batch is a whole one.
    Ok(elapsed.mul_f64(count as f64 / (batches * BATCH) as f64))
}

fn set(objects: &mut dyn Objects, count: u64) -> Result<Duration, Error> {
    timed(count, |number| objects.set(&key(number), text(number)))
}

fn look_up(objects: &mut dyn Objects, count: u64) -> Result<Duration, Error> {
    for number in 0..ENTRIES {
        objects.set(&key(number), text(number))?;
    }
    timed(count, |number| {
        let found = objects.look_up(&key(number))?;
        check(&found.context("an entry is missing")?, number % ENTRIES)
    })
}

fn lock(objects: &mut dyn Objects, count: u64) -> Result<Duration, Error> {
    timed(count, |number| objects.lock_and_unlock(number))
}

fn key(number: u64) -> String {
    format!("key {}", number % ENTRIES)
}

fn check(found: &str, number: u64) -> Result<(), Error> {
    let found = number_of(found)?;
    ensure!(found == number, "{found} was found instead of {number}");
    Ok(())
}
