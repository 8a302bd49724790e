//! Everything that is measured.

use std::time::Duration;

use anyhow::Error;
use procession::StartMethod;

use crate::crew::{Crew, feed};
use crate::echo::Pace;
use crate::load::Load;
use crate::measure::{Column, Contestant, Scenario, Size, Table};
use crate::reading::{Reading, Round};
use crate::{by_mode, growth, ipc, machines, ours, pipe, pool, shared, threads};

/// Producers, and as many consumers, of the measurement of contention.
const PAIRS: u64 = 4;

/// Round trips with a pause before each.
const SLEEPY_TRIPS: u64 = 100;

type Run = Box<dyn Fn(u64) -> Result<Round, Error>>;

/// All scenarios, in the order of the table.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut all = vec![
        one_way("small", "8 B, 1 producer, 1 consumer", Load::Number),
        one_way("small", "48 B, 1 producer, 1 consumer", Load::Sample),
        unbounded(),
        pairs(),
        one_way(
            "batch",
            "8 B in batches of 256, 1 producer, 1 consumer",
            Load::Batches,
        ),
        one_way(
            "large",
            "4 KB, 1 producer, 1 consumer",
            Load::Bytes(4 << 10),
        ),
        one_way(
            "large",
            "1 MB, 1 producer, 1 consumer",
            Load::Bytes(1 << 20),
        ),
        round_trip("round trip, both awake", Pace::Awake, Size::Calibrated),
        round_trip(
            "round trip, both asleep",
            Pace::Asleep,
            Size::Fixed(SLEEPY_TRIPS),
        ),
        by_mode::joinable(),
        by_mode::start(),
    ];
    all.extend([1, 2, 4, 8, 16, 32, 64].map(growth::scenario));
    all.extend(shared::scenarios());
    all.extend(pool::scenarios());
    all.extend(machines::scenarios());
    all
}

fn one_way(name: &'static str, row: &'static str, load: Load) -> Scenario {
    let capacity = Some(load.capacity());
    Scenario {
        name,
        table: Table::Messages,
        size: Size::Calibrated,
        contestants: vec![
            Contestant::new(
                Column::Procession,
                feeding(row, load, ours_fed(load, capacity)),
            ),
            Contestant::new(
                Column::IpcChannel,
                feeding(row, load, move || ipc::start(load, 1)),
            ),
            Contestant::new(
                Column::Pipe,
                feeding(row, load, move || pipe::crew::start(load, 1)),
            ),
            Contestant::new(
                Column::Crossbeam,
                feeding(row, load, move || threads::crew::start(load, 1, capacity)),
            ),
        ],
    }
}

fn unbounded() -> Scenario {
    let row = "8 B, 1 producer, 1 consumer, unbounded";
    let load = Load::Number;
    let threads = move || threads::crew::start(load, 1, None);
    Scenario {
        name: "small",
        table: Table::Messages,
        size: Size::Calibrated,
        contestants: vec![
            Contestant::new(Column::Procession, feeding(row, load, ours_fed(load, None))),
            Contestant::new(Column::Crossbeam, feeding(row, load, threads)),
        ],
    }
}

/// One consumer process of our own; how it was started makes no difference to what it does then.
fn ours_fed(
    load: Load,
    capacity: Option<usize>,
) -> impl Fn() -> Result<Box<dyn Crew>, Error> + 'static {
    move || ours::crew::start(load, 1, capacity, StartMethod::Spawn)
}

fn pairs() -> Scenario {
    let row = "8 B, 4 producers, 4 consumers";
    let timed = |run: fn(u64, u64) -> Result<Duration, Error>| -> Run {
        Box::new(move |count| {
            let elapsed = run(PAIRS, count)?;
            Ok(Round::single(
                elapsed,
                Reading::messages(row, count, elapsed),
            ))
        })
    };
    Scenario {
        name: "pairs",
        table: Table::Messages,
        size: Size::Calibrated,
        contestants: vec![
            Contestant::new(Column::Procession, timed(ours::pairs::run)),
            Contestant::new(Column::IpcChannel, timed(ipc::pairs::run)),
            Contestant::new(Column::Pipe, timed(pipe::pairs::run)),
            Contestant::new(Column::Crossbeam, timed(threads::pairs::run)),
        ],
    }
}

/// Feeds a crew, from the first message to the tally of the last.
fn feeding(
    row: &'static str,
    load: Load,
    start: impl Fn() -> Result<Box<dyn Crew>, Error> + 'static,
) -> Run {
    Box::new(move |count| {
        let mut crew = start()?;
        let elapsed = feed(crew.as_mut(), load, count)?;
        crew.join()?;
        let reading = match load {
            Load::Bytes(size) => Reading::bytes(row, count * size as u64, elapsed),
            Load::Number | Load::Sample | Load::Batches => Reading::messages(row, count, elapsed),
        };
        Ok(Round::single(elapsed, reading))
    })
}

fn round_trip(row: &'static str, pace: Pace, size: Size) -> Scenario {
    let trips = |run: fn(u64, Pace) -> Result<Duration, Error>| -> Run {
        Box::new(move |count| {
            let elapsed = run(count, pace)?;
            Ok(Round::single(
                elapsed,
                Reading::micros_each(row, count, elapsed),
            ))
        })
    };
    Scenario {
        name: "round-trip",
        table: Table::Messages,
        size,
        contestants: vec![
            Contestant::new(Column::Procession, trips(ours::round_trip::run)),
            Contestant::new(Column::IpcChannel, trips(ipc::round_trip::run)),
            Contestant::new(Column::Pipe, trips(pipe::round_trip::run)),
            Contestant::new(Column::Crossbeam, trips(threads::round_trip::run)),
        ],
    }
}
