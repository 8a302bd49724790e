//! Where the figures come from.

use std::fs::read_to_string;
use std::thread::available_parallelism;

/// One line about the machine and the run, to stand above the table.
pub(crate) fn description(rounds: usize) -> String {
    let processors = available_parallelism().map_or(0, usize::from);
    let model = processor_model().unwrap_or_else(|| String::from("unknown processor"));
    let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.split('-').next().unwrap_or_default().trim();
    format!("{processors} CPUs ({model}), Linux {kernel}, {rounds} rounds.")
}

fn processor_model() -> Option<String> {
    let text = read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
