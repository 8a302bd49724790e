//! There and back through two queues.

use std::time::Duration;

use anyhow::Error;
use procession::{Queue, QueueError};

use super::process;
use crate::echo::{Pace, round_trips};

/// Makes `count` round trips to another process.
pub(crate) fn run(count: u64, pace: Pace) -> Result<Duration, Error> {
    let (to, from) = (Queue::new()?, Queue::new()?);
    let other = process("echo").spawn(echo, (to.clone(), from.clone()))?;
    let elapsed = round_trips(count, pace, |number| {
        to.put(&number)?;
        Ok(from.get()?)
    })?;
    to.close()?;
    other.join()??;
    Ok(elapsed)
}

fn echo(mine: Queue<u64>, back: Queue<u64>) -> Result<(), QueueError> {
    for number in &mine {
        back.put(&number?)?;
    }
    Ok(())
}
