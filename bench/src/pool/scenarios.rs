//! What is measured of pools.

use std::time::{Duration, Instant};

use anyhow::{Error, ensure};

use super::ours::{self, Call};
use super::work::{LARGE, Work, tiny};
use super::{PEERS, Workers};
use crate::echo::{Pace, round_trips};
use crate::measure::{Column, Contestant, Scenario, Size, Table};
use crate::reading::{Reading, Round};

/// As many as there are processors on the machine for which the targets were set.
const WORKERS: usize = 2;

/// Round trips with a pause before each.
const SLEEPY_TRIPS: u64 = 100;

/// Pools started in a row.
const STARTS: u64 = 10;

type Starting = Box<dyn Fn() -> Result<Box<dyn Workers>, Error>>;

/// All scenarios, in the order of the table.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut all = vec![
        round_trip("apply, both awake", Pace::Awake, Size::Calibrated),
        round_trip(
            "apply, both asleep",
            Pace::Asleep,
            Size::Fixed(SLEEPY_TRIPS),
        ),
        tiny_tasks(),
        large("1 MB arguments, 2 workers", Work::LargeArgument),
        large("1 MB results, 2 workers", Work::LargeResult),
        skewed(),
        start(),
    ];
    all.extend([1, 2, 4, 8, 16, 32, 64].map(growth));
    all
}

/// Each peer, and ours by one call, as contestants of `run`.
fn everybody(
    workers: usize,
    work: Work,
    call: Call,
    run: impl Fn(Starting, u64) -> Result<Round, Error> + Clone + 'static,
) -> Vec<Contestant> {
    let start_ours = move || ours::start(workers, work, call);
    let mut all = vec![contestant(Column::Procession, start_ours, run.clone())];
    for (column, start) in PEERS {
        all.push(contestant(
            column,
            move || start(workers, work),
            run.clone(),
        ));
    }
    all
}

fn contestant(
    column: Column,
    start: impl Fn() -> Result<Box<dyn Workers>, Error> + Copy + 'static,
    run: impl Fn(Starting, u64) -> Result<Round, Error> + 'static,
) -> Contestant {
    Contestant::new(column, move |count| run(Box::new(start), count))
}

fn scenario(size: Size, contestants: Vec<Contestant>) -> Scenario {
    Scenario {
        name: "pool",
        table: Table::Pools,
        size,
        contestants,
    }
}

fn round_trip(row: &'static str, pace: Pace, size: Size) -> Scenario {
    let run = move |start: Starting, count| {
        let mut workers = start()?;
        let elapsed = round_trips(count, pace, |number| {
            let answer = workers.one(number)?;
            ensure!(answer == tiny(number), "a task has a wrong result");
            Ok(number)
        })?;
        let reading = Reading::micros_each(row, count, elapsed);
        Ok(Round::single(elapsed, reading))
    };
    scenario(size, everybody(1, Work::Tiny, Call::Map, run))
}

/// Has tasks `0..count` done by workers that have begun already.
fn all(start: &Starting, work: Work, count: u64) -> Result<Duration, Error> {
    let mut workers = start()?;
    workers.one(0)?;
    let begin = Instant::now();
    let sum = workers.all(count)?;
    let elapsed = begin.elapsed();
    ensure!(
        sum == work.expected(count),
        "the results of {count} tasks do not add up"
    );
    Ok(elapsed)
}

/// What peers do in one way, we do in several, each of which stands against the same.
fn tiny_tasks() -> Scenario {
    let calls = [
        (Call::Map, "tiny tasks, map, 2 workers"),
        (Call::Imap, "tiny tasks, imap, 2 workers"),
        (Call::ImapUnordered, "tiny tasks, imap_unordered, 2 workers"),
    ];
    let work = Work::Tiny;
    let mut contestants = Vec::new();
    for (call, row) in calls {
        let start = move || ours::start(WORKERS, work, call);
        contestants.push(contestant(
            Column::Procession,
            start,
            move |start, count| {
                let elapsed = all(&start, work, count)?;
                let reading = Reading::messages(row, count, elapsed);
                Ok(Round::single(elapsed, reading))
            },
        ));
    }
    for (column, start) in PEERS {
        let start = move || start(WORKERS, work);
        contestants.push(contestant(column, start, move |start, count| {
            let elapsed = all(&start, work, count)?;
            let reading = |(_, row)| Reading::messages(row, count, elapsed);
            let readings = calls.map(reading).into();
            Ok(Round { elapsed, readings })
        }));
    }
    scenario(Size::Calibrated, contestants)
}

fn large(row: &'static str, work: Work) -> Scenario {
    let run = move |start: Starting, count| {
        let elapsed = all(&start, work, count)?;
        let reading = Reading::bytes(row, count * LARGE as u64, elapsed);
        Ok(Round::single(elapsed, reading))
    };
    let everybody = everybody(WORKERS, work, Call::ImapUnordered, run);
    scenario(Size::Calibrated, everybody)
}

fn skewed() -> Scenario {
    let row = "tasks of 20 µs, one in 100 of 2 ms, 2 workers";
    let work = Work::Skewed;
    let run = move |start: Starting, count| {
        let elapsed = all(&start, work, count)?;
        let reading = Reading::messages(row, count, elapsed);
        Ok(Round::single(elapsed, reading))
    };
    let everybody = everybody(WORKERS, work, Call::ImapUnordered, run);
    scenario(Size::Calibrated, everybody)
}

fn start() -> Scenario {
    let row = "new pool of 2, its first task, and its end";
    let run = move |start: Starting, count| {
        let begin = Instant::now();
        for number in 0..count {
            let answer = start()?.one(number)?;
            ensure!(answer == tiny(number), "a task has a wrong result");
        }
        let elapsed = begin.elapsed();
        let reading = Reading::millis_each(row, count, elapsed);
        Ok(Round::single(elapsed, reading))
    };
    let everybody = everybody(WORKERS, Work::Tiny, Call::Map, run);
    scenario(Size::Fixed(STARTS), everybody)
}

fn growth(workers: usize) -> Scenario {
    let plural = if workers == 1 { "" } else { "s" };
    let row = format!("tiny tasks, imap_unordered, {workers} worker{plural}");
    let work = Work::Tiny;
    let run = move |start: Starting, count| {
        let elapsed = all(&start, work, count)?;
        let reading = Reading::messages(&*row, count, elapsed);
        Ok(Round::single(elapsed, reading))
    };
    let everybody = everybody(workers, work, Call::ImapUnordered, run);
    scenario(Size::Calibrated, everybody)
}
