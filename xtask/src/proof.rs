//! What proves the project, step by step.

use crate::network;
use crate::python;
use crate::redis;
use crate::step::{Step, cargo};

/// The crash enumerator and the interleavings have the arena's `simulation` switched on, and cargo gives a
/// feature to every package built in the same run: so they have runs of their own, apart from those that
/// prove the product as it ships.
const SIMULATION: [&str; 4] = [
    "--package",
    "procession-crashtest",
    "--features",
    "simulation",
];

/// Kills and processes of the short chaos run: enough to meet every kind of participant, a few seconds
/// in all.
const SHORT_RUN: [u64; 2] = [600, 16];

/// The steps of `cargo xtask test`, cheapest first.
pub(crate) fn steps() -> Vec<Step> {
    let mut steps = vec![
        formatting(),
        lints("lints", &["--workspace"]),
        lints("lints of the simulation", &SIMULATION),
        without_client(),
        redis::step(),
        network::step(),
        tests(),
        documentation(),
        simulation(),
        chaos(SHORT_RUN),
    ];
    steps.extend(python::steps());
    steps
}

/// The steps of `cargo xtask python`.
pub(crate) fn of_python() -> Vec<Step> {
    let mut steps = vec![redis::step()];
    steps.extend(python::steps());
    steps
}

fn formatting() -> Step {
    Step::new("formatting", cargo(&["fmt", "--all", "--check"]))
        .needs("fmt", "rustup component add rustfmt")
}

fn lints(name: &'static str, packages: &[&str]) -> Step {
    let mut command = cargo(&["clippy", "--all-targets"]);
    command.args(packages).args(["--", "-D", "warnings"]);
    Step::new(name, command).needs("clippy", "rustup component add clippy")
}

/// The crate as most users have it, without the client of a server: tests bring that along.
fn without_client() -> Step {
    let mut command = cargo(&["clippy", "--package", "procession", "--lib"]);
    command.args(["--", "-D", "warnings"]);
    Step::new("lints without the client of a server", command)
        .needs("clippy", "rustup component add clippy")
}

/// Unit tests, integration tests, doctests; examples and benchmarks are built as well.
fn tests() -> Step {
    Step::new(
        "tests and doctests",
        cargo(&["test", "--workspace", "--no-fail-fast"]),
    )
}

/// The documentation, in which a broken link is an error.
pub(crate) fn documentation() -> Step {
    let mut command = cargo(&["doc", "--workspace", "--no-deps"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    Step::new("documentation", command)
}

/// Death after every store of every operation, and many orders of a few threads; in release, since there are
/// very many. The output tells how many.
fn simulation() -> Step {
    let mut command = cargo(&["test", "--release"]);
    command.args(SIMULATION).args(["--", "--show-output"]);
    Step::new("crash enumeration and interleavings", command)
}

/// Real processes, real SIGKILL, and the arena as it ships; with a pool, with queues, then with all objects.
pub(crate) fn chaos([kills, processes]: [u64; 2]) -> Step {
    let mut command = cargo(&["run", "--quiet", "--release"]);
    command.args(["--package", "procession-crashtest", "--bin", "chaos", "--"]);
    Step::new("chaos", command).with_arguments(&[
        "--kills".to_owned(),
        kills.to_string(),
        "--processes".to_owned(),
        processes.to_string(),
    ])
}
