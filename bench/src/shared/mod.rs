//! Data that processes share: dicts, lists, locks, values, hosted values.

mod crowd;
mod dict;
mod hosted;
mod list;
mod lock;
mod redis_server;
mod value;

use anyhow::Error;

use crate::measure::{Column, Contestant, Scenario, Size, Table};
use crate::reading::{Reading, Round};

/// All scenarios, in the order of the table.
pub(crate) fn scenarios() -> Vec<Scenario> {
    let mut all = dict::scenarios();
    all.extend(list::scenarios());
    all.extend(lock::scenarios());
    all.extend(value::scenarios());
    all.push(hosted::scenario_of_calls());
    all
}

/// A scenario of one row.
fn scenario(name: &'static str, contestants: Vec<Contestant>) -> Scenario {
    Scenario {
        name,
        table: Table::Shared,
        size: Size::Calibrated,
        contestants,
    }
}

/// How a row tells what something took.
#[derive(Clone, Copy)]
enum Tells {
    MillionsPerSecond,
    Nanoseconds,
    Microseconds,
}

/// A contestant whose rounds take the time that `run` says.
fn contestant(
    column: Column,
    row: &str,
    tells: Tells,
    run: impl Fn(u64) -> Result<std::time::Duration, Error> + 'static,
) -> Contestant {
    let row = row.to_owned();
    Contestant::new(column, move |count| {
        let elapsed = run(count)?;
        let reading = match tells {
            Tells::MillionsPerSecond => Reading::messages(&*row, count, elapsed),
            Tells::Nanoseconds => Reading::nanos_each(&*row, count, elapsed),
            Tells::Microseconds => Reading::micros_each(&*row, count, elapsed),
        };
        Ok(Round::single(elapsed, reading))
    })
}
