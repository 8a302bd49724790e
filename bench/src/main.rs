//! Benchmarks of procession, side by side with its peers in one run.
//!
//! Every contestant moves the same numbered messages, and a message lost, doubled or torn makes
//! the whole run fail. Contestants take turns round by round, so that drift of the machine hits
//! all alike; the table shows medians.

mod arguments;
mod by_mode;
mod catalogue;
mod crew;
mod echo;
mod growth;
mod ipc;
mod load;
mod machine;
mod machines;
mod measure;
mod ours;
mod pipe;
mod pool;
mod reading;
mod report;
mod role;
mod shared;
mod tally;
mod threads;
mod watchdog;

use std::process::ExitCode;

use anyhow::{Error, ensure};
use clap::Parser;

use arguments::Arguments;
use measure::Scenario;

fn main() -> ExitCode {
    procession::init();
    procspawn::init();
    let outcome = match role::play(std::env::args_os().skip(1).collect()) {
        Some(played) => played,
        None => run(&Arguments::parse()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("bench: {failure:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Error> {
    let scenarios = catalogue::scenarios();
    if arguments.list {
        names(&scenarios).iter().for_each(|name| println!("{name}"));
        return Ok(());
    }
    let plan = arguments.plan();
    let mut samples = Vec::new();
    for scenario in selected(scenarios, &arguments.names)? {
        eprintln!("bench: {} …", scenario.name);
        samples.extend(measure::measure(&scenario, plan)?);
    }
    println!("{}\n", machine::description(plan.rounds));
    println!("{}\n{}", report::tables(&samples), report::LEGEND);
    Ok(())
}

/// The names of the scenarios, each once.
fn names(scenarios: &[Scenario]) -> Vec<&'static str> {
    let mut names: Vec<_> = scenarios.iter().map(|scenario| scenario.name).collect();
    names.dedup();
    names
}

fn selected(scenarios: Vec<Scenario>, wanted: &[String]) -> Result<Vec<Scenario>, Error> {
    let known = names(&scenarios);
    for name in wanted {
        ensure!(
            known.contains(&name.as_str()),
            "no `{name}`; there are: {}",
            known.join(", ")
        );
    }
    let asked =
        |scenario: &Scenario| wanted.is_empty() || wanted.iter().any(|name| name == scenario.name);
    Ok(scenarios.into_iter().filter(asked).collect())
}
