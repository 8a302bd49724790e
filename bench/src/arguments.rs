//! The command line.

use std::time::Duration;

use clap::Parser;

use crate::measure::Plan;

/// Measures procession and its peers side by side, and prints a table in Markdown.
#[derive(Parser, Debug)]
#[command(name = "cargo xtask bench")]
pub(crate) struct Arguments {
    /// What to measure (see --list); everything unless given
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,

    /// A short run: few and small rounds, to see that everything works
    #[arg(long)]
    pub(crate) quick: bool,

    /// How many rounds to measure each contestant in
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    rounds: Option<u16>,

    /// Prints the names of what can be measured
    #[arg(long)]
    pub(crate) list: bool,
}

impl Arguments {
    pub(crate) fn plan(&self) -> Plan {
        let (rounds, round) = match self.quick {
            true => (3, Duration::from_millis(20)),
            false => (9, Duration::from_millis(200)),
        };
        Plan {
            rounds: self.rounds.map_or(rounds, usize::from),
            round,
        }
    }
}
