//! What is in the arena, and that nothing stays there.

use std::thread::yield_now;
use std::time::{Duration, Instant};

use procession_arena::{Error, Inventory};
use procession_engine::with_participant;

use crate::Outcome;

/// A server that nobody needs any more takes a moment to end; this one takes for ever.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is in the arena.
pub(crate) fn inventory() -> Result<Inventory, Error> {
    with_participant(|me| {
        me.reap_dead()?;
        me.verify()
    })
}

/// What was made since is to be gone, and no wake was lost.
pub(crate) fn check(before: Inventory) -> Outcome<()> {
    let begin = Instant::now();
    loop {
        // While a server ends, it is at work in what is counted.
        match inventory() {
            Ok(now) if now == before => break,
            Ok(now) if begin.elapsed() > PATIENCE => {
                return Err(format!("{now:?} is in the arena, {before:?} before").into());
            }
            Err(error) if begin.elapsed() > PATIENCE => return Err(error.into()),
            _ => yield_now(),
        }
    }
    match with_participant(|me| me.arena().rescued_wakes())? {
        0 => Ok(()),
        wakes => Err(format!("{wakes} sleepers were saved by their time-out").into()),
    }
}
