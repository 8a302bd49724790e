//! There and back through two channels.

use std::thread;
use std::time::Duration;

use anyhow::Error;

use super::{channel, join};
use crate::echo::{Pace, round_trips};

/// Makes `count` round trips to another thread.
pub(crate) fn run(count: u64, pace: Pace) -> Result<Duration, Error> {
    let (to, mine) = channel::<u64>(Some(1));
    let (back, from) = channel::<u64>(Some(1));
    let echo = thread::spawn(move || Ok(mine.iter().try_for_each(|number| back.send(number))?));
    let elapsed = round_trips(count, pace, |number| {
        to.send(number)?;
        Ok(from.recv()?)
    })?;
    drop(to);
    join(echo)?;
    Ok(elapsed)
}
