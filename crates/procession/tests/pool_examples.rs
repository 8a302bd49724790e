//! The small examples of the pool: they print what their documentation promises.

mod examples;
mod watchdog;

use std::collections::BTreeSet;
use std::error::Error;
use std::process::Command;

use examples::example;
use watchdog::watch;

type TestResult = Result<(), Box<dyn Error>>;

/// What an example prints; it must end well.
fn printed_by(name: &str) -> Result<String, Box<dyn Error>> {
    let output = Command::new(example(name)).output()?;
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// The lines `{n} squared by process {pid}`: for each the number and the process.
fn squared_by(lines: &[&str]) -> Result<Vec<(u32, u32)>, Box<dyn Error>> {
    let mut squared = Vec::new();
    for line in lines {
        let (n, pid) = line.split_once(" squared by process ").ok_or(*line)?;
        squared.push((n.parse()?, pid.parse()?));
    }
    Ok(squared)
}

fn results() -> Vec<String> {
    (0..10).map(|n| format!("{n} * {n} = {}", n * n)).collect()
}

#[test]
fn squares_are_calculated_one_after_the_other() -> TestResult {
    let _watchdog = watch();
    let printed = printed_by("squares")?;
    let lines: Vec<_> = printed.lines().collect();
    let calculated: Vec<_> = lines.iter().copied().step_by(2).collect();
    let told: Vec<_> = lines.iter().copied().skip(1).step_by(2).collect();
    let numbers = squared_by(&calculated)?.into_iter().map(|(n, _)| n);
    assert!(numbers.eq(0..10), "{printed}");
    assert_eq!(told, results(), "{printed}");
    Ok(())
}

#[test]
fn asynchronous_squares_are_calculated_by_up_to_three_processes() -> TestResult {
    let _watchdog = watch();
    let printed = printed_by("squares_async")?;
    let lines: Vec<_> = printed.lines().collect();
    // The pool is joined before the first result is told.
    let (calculated, told) = lines.split_at_checked(10).ok_or(&*printed)?;
    let (mut numbers, pids): (Vec<_>, BTreeSet<_>) = squared_by(calculated)?.into_iter().unzip();
    numbers.sort_unstable();
    assert!(numbers.into_iter().eq(0..10), "{printed}");
    assert!((1..=3).contains(&pids.len()), "{printed}");
    assert_eq!(told, results(), "{printed}");
    Ok(())
}

#[test]
fn each_reciprocal_or_what_went_wrong_is_told_once() -> TestResult {
    let _watchdog = watch();
    let printed = printed_by("callbacks")?;
    let mut lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines.pop(), Some("1 of 5 failed"), "{printed}");
    // The tasks end in any order.
    lines.sort_unstable();
    let (failed, told): (Vec<&str>, Vec<&str>) = lines
        .into_iter()
        .partition(|line| line.starts_with("1 / 0"));
    assert_eq!(
        told,
        ["1 / -1 = -1", "1 / -2 = -0.5", "1 / 1 = 1", "1 / 2 = 0.5"],
        "{printed}"
    );
    let [failed] = failed[..] else {
        panic!("{printed}")
    };
    assert!(
        failed.starts_with("1 / 0: the task panicked at "),
        "{failed}"
    );
    assert!(
        failed.ends_with(": there is no reciprocal of zero"),
        "{failed}"
    );
    Ok(())
}
