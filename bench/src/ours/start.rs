//! A process that does nothing, started and joined.

use std::time::{Duration, Instant};

use anyhow::Error;
use procession::StartMethod;

use super::process;

/// Starts and joins `count` processes, one after the other.
pub(crate) fn run(method: StartMethod, count: u64) -> Result<Duration, Error> {
    let start = Instant::now();
    for _ in 0..count {
        process("nothing")
            .start_method(method)
            .spawn(nothing, ())?
            .join()?;
    }
    Ok(start.elapsed())
}

fn nothing() {}
