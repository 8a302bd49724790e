//! Many machines: tasks and objects that go through a server, which is on this machine here.

mod by_apalis;
mod by_commands;
mod objects;
mod ours;
mod program;
mod tasks;
mod work;

use std::time::Duration;

use anyhow::Error;

use crate::measure::{Column, Contestant, Scenario, Size, Table};
use crate::reading::{Reading, Round};

pub(crate) use by_apalis::worker as apalis_worker;
pub(crate) use program::guard;

/// As many as there are processors on the machine for which the targets were set.
const WORKERS: usize = 2;

/// All scenarios, in the order of the table, if there is a server to start.
pub(crate) fn scenarios() -> Vec<Scenario> {
    if let Err(reason) = procession_test_server::executable() {
        eprintln!("bench: without many machines: {reason}");
        return Vec::new();
    }
    let mut all = tasks::scenarios();
    all.extend(objects::scenarios());
    all
}

/// A scenario of one row.
fn scenario(contestants: Vec<Contestant>) -> Scenario {
    Scenario {
        name: "cluster",
        table: Table::Machines,
        size: Size::Calibrated,
        contestants,
    }
}

/// How a row tells what something took.
#[derive(Clone, Copy)]
enum Tells {
    PerSecond,
    Microseconds,
}

/// A contestant whose rounds take the time that `run` says.
fn contestant(
    column: Column,
    row: &'static str,
    tells: Tells,
    run: impl Fn(u64) -> Result<Duration, Error> + 'static,
) -> Contestant {
    Contestant::new(column, move |count| {
        let elapsed = run(count)?;
        let reading = match tells {
            Tells::PerSecond => Reading::per_second(row, count, elapsed),
            Tells::Microseconds => Reading::micros_each(row, count, elapsed),
        };
        Ok(Round::single(elapsed, reading))
    })
}
