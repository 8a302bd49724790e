//! The cost of growing work: start all processes, share out messages, join all.

use std::time::Instant;

use anyhow::Error;
use procession::StartMethod;

use crate::crew::{Crew, feed};
use crate::load::Load;
use crate::measure::{Column, Contestant, Scenario, Size, Table};
use crate::reading::{Reading, Round};
use crate::{ipc, ours, pipe, threads};

/// Messages that the processes share, however many they are.
const MESSAGES: u64 = 100_000;

const LOAD: Load = Load::Number;

type Starting = Box<dyn Fn() -> Result<Box<dyn Crew>, Error>>;

/// The same work for so many consumers, which one producer feeds.
pub(crate) fn scenario(consumers: usize) -> Scenario {
    let capacity = Some(LOAD.capacity());
    let by = |method| -> Starting {
        Box::new(move || ours::crew::start(LOAD, consumers, capacity, method))
    };
    let by_ipc = Box::new(move || ipc::start(LOAD, consumers));
    let by_pipe = Box::new(move || pipe::crew::start(LOAD, consumers));
    let by_threads = Box::new(move || threads::crew::start(LOAD, consumers, capacity));
    let rows = Rows::of(consumers);
    Scenario {
        name: "growth",
        table: Table::Messages,
        size: Size::Fixed(MESSAGES),
        contestants: vec![
            rows.contestant(Column::Procession, &["spawn"], by(StartMethod::Spawn)),
            rows.contestant(
                Column::Procession,
                &["fork server"],
                by(StartMethod::ForkServer),
            ),
            rows.contestant(Column::IpcChannel, &METHODS, by_ipc),
            rows.contestant(Column::Pipe, &METHODS, by_pipe),
            rows.contestant(Column::Crossbeam, &METHODS, by_threads),
        ],
    }
}

/// How our own processes are started; peers have one way, which stands against both.
const METHODS: [&str; 2] = ["spawn", "fork server"];

/// The names of the rows for so many consumers.
struct Rows {
    who: String,
}

impl Rows {
    fn of(consumers: usize) -> Self {
        let plural = if consumers == 1 { "" } else { "es" };
        Self {
            who: format!("{consumers} process{plural}"),
        }
    }

    fn named(&self, what: &str, methods: &[&str]) -> Vec<String> {
        methods
            .iter()
            .map(|method| format!("{what} {}, {method}", self.who))
            .collect()
    }

    fn contestant(&self, column: Column, methods: &[&str], start: Starting) -> Contestant {
        let (starts, joins) = (self.named("start", methods), self.named("join", methods));
        let feeds = format!("feed {}", self.who);
        let run = move |count| {
            let begin = Instant::now();
            let mut crew = start()?;
            let started = begin.elapsed();
            let elapsed = feed(crew.as_mut(), LOAD, count)?;
            let begin = Instant::now();
            crew.join()?;
            let joined = begin.elapsed();

            let each = |rows: &[String], time| -> Vec<_> {
                rows.iter()
                    .map(|row| Reading::millis_each(row, 1, time))
                    .collect()
            };
            let fed = Reading::messages(&*feeds, count, elapsed);
            let readings = [each(&starts, started), vec![fed], each(&joins, joined)].concat();
            Ok(Round { elapsed, readings })
        };
        Contestant::new(column, run)
    }
}
