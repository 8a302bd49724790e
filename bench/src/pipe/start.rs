//! A process that does nothing, started and waited for.

use std::time::{Duration, Instant};

use anyhow::{Error, ensure};

use crate::role;

/// Starts and joins `count` processes, one after the other.
pub(crate) fn run(count: u64) -> Result<Duration, Error> {
    let start = Instant::now();
    for _ in 0..count {
        let status = role::command("nothing", &[]).status()?;
        ensure!(status.success(), "a process ended with {status}");
    }
    Ok(start.elapsed())
}
