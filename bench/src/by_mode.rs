//! What procession does in several modes, each of which stands against the same peer.

use procession::{OnLost, StartMethod};

use crate::measure::{Column, Contestant, Scenario, Size, Table};
use crate::reading::{Reading, Round};
use crate::{ours, pipe, threads};

/// Processes started in a row.
const STARTS: u64 = 20;

/// `task_done` and `join`, in each mode of what becomes of lost items.
pub(crate) fn joinable() -> Scenario {
    let modes = [
        ("report", OnLost::Report),
        ("redeliver", OnLost::Redeliver { max_deliveries: 3 }),
        ("ignore", OnLost::Ignore),
    ];
    let row = |(mode, _)| format!("8 B, put, get, task_done, join; on_lost = {mode}");
    let rows = modes.map(row);
    let mut contestants = Vec::new();
    for mode in modes {
        let (row, (_, on_lost)) = (row(mode), mode);
        contestants.push(Contestant::new(Column::Procession, move |count| {
            let elapsed = ours::joinable::run(on_lost, count)?;
            Ok(Round::single(
                elapsed,
                Reading::messages(&*row, count, elapsed),
            ))
        }));
    }
    contestants.push(Contestant::new(Column::Crossbeam, move |count| {
        let elapsed = threads::joinable::run(count)?;
        let readings = rows
            .iter()
            .map(|row| Reading::messages(row, count, elapsed))
            .collect();
        Ok(Round { elapsed, readings })
    }));
    Scenario {
        name: "joinable",
        table: Table::Messages,
        size: Size::Calibrated,
        contestants,
    }
}

const METHODS: [(&str, StartMethod); 2] = [
    ("spawn", StartMethod::Spawn),
    ("fork server", StartMethod::ForkServer),
];

/// A process that returns at once, started and joined, by each start method.
pub(crate) fn start() -> Scenario {
    let row = |method| format!("start a process that returns at once, and join it; {method}");
    let rows = METHODS.map(|(name, _)| row(name));
    let mut contestants = Vec::new();
    for (name, method) in METHODS {
        let row = row(name);
        contestants.push(Contestant::new(Column::Procession, move |count| {
            let elapsed = ours::start::run(method, count)?;
            Ok(Round::single(
                elapsed,
                Reading::millis_each(&*row, count, elapsed),
            ))
        }));
    }
    contestants.push(Contestant::new(Column::Pipe, move |count| {
        let elapsed = pipe::start::run(count)?;
        let readings = rows
            .iter()
            .map(|row| Reading::millis_each(row, count, elapsed))
            .collect();
        Ok(Round { elapsed, readings })
    }));
    Scenario {
        name: "start",
        table: Table::Messages,
        size: Size::Fixed(STARTS),
        contestants,
    }
}
