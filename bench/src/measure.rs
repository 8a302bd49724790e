//! Rounds: all contestants in turn, again and again, so that drift of the machine hits all alike.

use std::time::Duration;

use anyhow::{Context, Error};

use crate::reading::{Reading, Round};
use crate::watchdog::Watchdog;

/// Whose figures a column of the table holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Column {
    Procession,
    IpcChannel,
    Pipe,
    Crossbeam,
    Redis,
    Threads,
    Procspawn,
    Rayon,
    Apalis,
}

/// Which table a scenario's rows stand in; each has its own peers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Table {
    Messages,
    Shared,
    Pools,
    Machines,
}

/// One way to do what a scenario measures, `count` times a round.
pub(crate) struct Contestant {
    pub(crate) column: Column,
    pub(crate) run: Box<dyn Fn(u64) -> Result<Round, Error>>,
}

impl Contestant {
    pub(crate) fn new(column: Column, run: impl Fn(u64) -> Result<Round, Error> + 'static) -> Self {
        let run = Box::new(run);
        Self { column, run }
    }
}

/// How much work a round is.
#[derive(Clone, Copy)]
pub(crate) enum Size {
    /// As much as takes about the planned time, found out for each contestant before it counts.
    Calibrated,
    /// Always this much.
    Fixed(u64),
}

/// Contestants that do the same.
pub(crate) struct Scenario {
    /// The name by which a user selects it; several scenarios may share it.
    pub(crate) name: &'static str,
    pub(crate) table: Table,
    pub(crate) size: Size,
    pub(crate) contestants: Vec<Contestant>,
}

/// How long and how often to measure.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    /// The time a calibrated round should take.
    pub(crate) round: Duration,
}

/// A reading and whose it is.
pub(crate) struct Sample {
    pub(crate) table: Table,
    pub(crate) column: Column,
    pub(crate) reading: Reading,
}

/// Measures one scenario; what comes back is in the order in which it was measured.
///
/// # Errors
///
/// Any failure of a contestant, lost messages above all, ends the measurement.
pub(crate) fn measure(scenario: &Scenario, plan: Plan) -> Result<Vec<Sample>, Error> {
    let mut counts = Vec::with_capacity(scenario.contestants.len());
    for contestant in &scenario.contestants {
        counts.push(match scenario.size {
            Size::Calibrated => calibrate(scenario, contestant, plan.round)?,
            Size::Fixed(count) => warm_up(scenario, contestant, count)?,
        });
    }
    let mut samples = Vec::new();
    for _ in 0..plan.rounds {
        for (contestant, count) in scenario.contestants.iter().zip(&counts) {
            let round = watched(scenario, contestant, *count)?;
            let column = contestant.column;
            samples.extend(round.readings.into_iter().map(|reading| Sample {
                table: scenario.table,
                column,
                reading,
            }));
        }
    }
    Ok(samples)
}

/// Runs larger and larger rounds until one is long enough to tell how many make a full one.
fn calibrate(scenario: &Scenario, contestant: &Contestant, wanted: Duration) -> Result<u64, Error> {
    const FIRST: u64 = 256;
    const LARGEST_STEP: f64 = 30.0;
    let mut count = FIRST;
    loop {
        let elapsed = watched(scenario, contestant, count)?.elapsed;
        let missing = wanted.as_secs_f64() / elapsed.as_secs_f64();
        count = (count as f64 * missing.clamp(0.1, LARGEST_STEP)).ceil() as u64;
        if missing < 4.0 {
            return Ok(count);
        }
    }
}

fn warm_up(scenario: &Scenario, contestant: &Contestant, count: u64) -> Result<u64, Error> {
    watched(scenario, contestant, count)?;
    Ok(count)
}

fn watched(scenario: &Scenario, contestant: &Contestant, count: u64) -> Result<Round, Error> {
    let what = format!(
        "{} of {:?}, {count} times",
        scenario.name, contestant.column
    );
    let _watchdog = Watchdog::set(what.clone());
    (contestant.run)(count).context(what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    const PLAN: Plan = Plan {
        rounds: 2,
        round: Duration::from_millis(10),
    };

    fn contestant(
        column: Column,
        log: &Rc<RefCell<Vec<(Column, u64)>>>,
        each: Duration,
    ) -> Contestant {
        let log = Rc::clone(log);
        let run = move |count: u64| {
            log.borrow_mut().push((column, count));
            let elapsed = each * count as u32;
            let readings = vec![Reading::messages("row", count, elapsed)];
            Ok(Round { elapsed, readings })
        };
        Contestant::new(column, run)
    }

    #[test]
    fn contestants_take_turns_after_a_warm_up_each() {
        let log = Rc::default();
        let scenario = Scenario {
            name: "turns",
            table: Table::Messages,
            size: Size::Fixed(3),
            contestants: [Column::Pipe, Column::Crossbeam]
                .map(|column| contestant(column, &log, Duration::from_millis(1)))
                .into(),
        };
        let samples = measure(&scenario, PLAN).unwrap();
        let turn = [(Column::Pipe, 3), (Column::Crossbeam, 3)];
        assert_eq!(*log.borrow(), [turn, turn, turn].concat());
        assert_eq!(samples.len(), 4);
    }

    #[test]
    fn a_calibrated_round_takes_about_the_planned_time() {
        let log = Rc::default();
        let scenario = Scenario {
            name: "calibrated",
            table: Table::Messages,
            size: Size::Calibrated,
            contestants: vec![contestant(Column::Pipe, &log, Duration::from_nanos(10))],
        };
        measure(&scenario, PLAN).unwrap();
        let last = log.borrow().last().map(|(_, count)| *count).unwrap();
        assert!((900_000..=1_100_000).contains(&last), "{last}");
    }

    #[test]
    fn a_failure_names_scenario_and_contestant() {
        let failing = Contestant::new(Column::IpcChannel, |_| {
            anyhow::bail!("3 messages were sent, 2 arrived")
        });
        let scenario = Scenario {
            name: "lossy",
            table: Table::Messages,
            size: Size::Fixed(3),
            contestants: vec![failing],
        };
        let failure = measure(&scenario, PLAN)
            .err()
            .map(|error| format!("{error:#}"));
        let failure = failure.unwrap();
        for part in ["lossy", "IpcChannel", "2 arrived"] {
            assert!(failure.contains(part), "{failure}");
        }
    }
}
