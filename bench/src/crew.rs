//! What every contestant offers: consumers that a producer feeds.

use std::time::{Duration, Instant};

use anyhow::Error;

use crate::load::Load;
use crate::tally::Tally;

/// Consumers in other processes (or threads), started and ready, and this process feeding them.
pub(crate) trait Crew {
    /// Sends messages `0..count`, which the consumers share.
    fn feed(&mut self, count: u64) -> Result<(), Error>;

    /// Says that nothing more comes, and returns what all consumers have seen.
    fn finish(&mut self) -> Result<Tally, Error>;

    /// Waits until all consumers have ended.
    fn join(self: Box<Self>) -> Result<(), Error>;
}

/// Feeds a crew to the end; the time from the first message to the tally of the last.
pub(crate) fn feed(crew: &mut dyn Crew, load: Load, count: u64) -> Result<Duration, Error> {
    let start = Instant::now();
    crew.feed(count)?;
    let seen = crew.finish()?;
    let elapsed = start.elapsed();
    seen.verify(Tally::expected(load, count))?;
    Ok(elapsed)
}

/// Consumes to the end; `next` adds one message (or batch) to the tally, false when there is none.
pub(crate) fn drain(
    mut next: impl FnMut(&mut Tally) -> Result<bool, Error>,
) -> Result<Tally, Error> {
    let mut tally = Tally::default();
    while next(&mut tally)? {}
    Ok(tally)
}

/// The part of `0..count` that producer `index` of `producers` sends.
pub(crate) fn share(count: u64, index: u64, producers: u64) -> std::ops::Range<u64> {
    (count * index / producers)..(count * (index + 1) / producers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_cover_everything_once() {
        let all: Vec<u64> = (0..3).flat_map(|index| share(10, index, 3)).collect();
        assert_eq!(all, (0..10).collect::<Vec<_>>());
    }
}
