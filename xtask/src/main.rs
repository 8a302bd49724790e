//! Development tasks of procession: `cargo xtask test | python | bench | chaos | docs`.
//!
//! It depends on the standard library, and on the crate that knows where a Redis server is and depends on no
//! other, so that a fresh clone prints its first line within seconds.

mod network;
mod package;
mod proof;
mod python;
mod redis;
mod step;

use std::process::ExitCode;

use step::{Step, cargo};

const USAGE: &str = "\
Development tasks of procession

    cargo xtask test               everything that proves the project
    cargo xtask python             of these, what proves the Python package
    cargo xtask bench [ARGUMENTS]  the benchmarks, side by side with the peers (try --help);
                                   with --python first, those of the Python package
    cargo xtask chaos [--kills N]  real processes, real SIGKILL (10000 unless told otherwise)
    cargo xtask docs [--open]      the documentation, warnings denied
    cargo xtask help               this text";

/// The number of kills the project is measured by.
const KILLS: u64 = 10_000;

/// The number of processes among which they fall.
const PROCESSES: u64 = 100;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match steps_of(&arguments) {
        Ok(Some(steps)) => step::run_all(steps),
        Ok(None) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Err(complaint) => {
            eprintln!("xtask: {complaint}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// What a command line asks for; `None` when it asks for the usage.
fn steps_of(arguments: &[String]) -> Result<Option<Vec<Step>>, String> {
    let Some((task, rest)) = arguments.split_first() else {
        return Ok(None);
    };
    match task.as_str() {
        "test" => no_more(task, rest).map(|()| Some(proof::steps())),
        "python" => no_more(task, rest).map(|()| Some(proof::of_python())),
        "bench" => Ok(Some(bench(rest))),
        "chaos" => kills(rest).map(|kills| Some(vec![proof::chaos([kills, PROCESSES])])),
        "docs" => docs(rest).map(|step| Some(vec![step])),
        "help" | "--help" | "-h" => Ok(None),
        unknown => Err(format!("there is no task `{unknown}`")),
    }
}

fn bench(arguments: &[String]) -> Vec<Step> {
    match arguments.split_first() {
        Some((package, rest)) if package == "--python" => python::bench(rest),
        _ => vec![bench_in_rust(arguments)],
    }
}

fn bench_in_rust(arguments: &[String]) -> Step {
    let command = cargo(&[
        "run",
        "--quiet",
        "--release",
        "--package",
        "procession-bench",
        "--",
    ]);
    Step::new("benchmarks", command).with_arguments(arguments)
}

fn docs(arguments: &[String]) -> Result<Step, String> {
    match arguments {
        [] => Ok(proof::documentation()),
        [open] if open == "--open" => Ok(proof::documentation().with_arguments(arguments)),
        other => Err(format!(
            "`docs` takes only --open, not `{}`",
            other.join(" ")
        )),
    }
}

fn kills(arguments: &[String]) -> Result<u64, String> {
    match arguments {
        [] => Ok(KILLS),
        [flag, number] if flag == "--kills" => number
            .parse()
            .map_err(|reason| format!("--kills needs a whole number, not `{number}`: {reason}")),
        other => Err(format!(
            "`chaos` takes only --kills N, not `{}`",
            other.join(" ")
        )),
    }
}

fn no_more(task: &str, arguments: &[String]) -> Result<(), String> {
    match arguments {
        [] => Ok(()),
        other => Err(format!(
            "`{task}` takes no arguments, not `{}`",
            other.join(" ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(line: &str) -> Result<Option<Vec<Step>>, String> {
        let words: Vec<String> = line.split_whitespace().map(String::from).collect();
        steps_of(&words)
    }

    #[test]
    fn every_task_of_the_usage_is_known() {
        for line in [
            "test",
            "python",
            "bench --quick",
            "bench --python --quick",
            "chaos",
            "chaos --kills 5",
            "docs",
            "docs --open",
        ] {
            assert!(
                matches!(ask(line), Ok(Some(steps)) if !steps.is_empty()),
                "{line}"
            );
        }
    }

    #[test]
    fn no_task_and_help_print_the_usage() {
        for line in ["", "help", "--help"] {
            assert!(matches!(ask(line), Ok(None)), "{line}");
        }
    }

    #[test]
    fn a_mistaken_line_says_what_is_wrong() {
        for (line, word) in [
            ("tets", "tets"),
            ("test now", "now"),
            ("python now", "now"),
            ("chaos --kills many", "many"),
            ("chaos 5", "--kills"),
            ("docs --shut", "--shut"),
        ] {
            let complaint = ask(line).err().unwrap_or_default();
            assert!(complaint.contains(word), "{line}: {complaint}");
        }
    }
}
