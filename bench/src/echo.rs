//! Round trips: a number goes to another process and comes back.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Error, ensure};

/// How long a pause lets the other side fall asleep for certain.
const PAUSE: Duration = Duration::from_millis(2);

/// Trips made before the clock runs.
const FIRST_TRIPS: u64 = 50;

/// What the two sides do between trips.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pace {
    /// One trip follows the other.
    Awake,
    /// Before each trip is a pause, so that the other side has to be woken.
    Asleep,
}

/// Makes `count` trips and returns what they took, pauses left out; `trip` sends a number and
/// returns the answer.
pub(crate) fn round_trips(
    count: u64,
    pace: Pace,
    mut trip: impl FnMut(u64) -> Result<u64, Error>,
) -> Result<Duration, Error> {
    let mut checked = |number: u64| {
        let answer = trip(number)?;
        ensure!(answer == number, "{number} was sent, {answer} came back");
        Ok(())
    };
    (0..FIRST_TRIPS).try_for_each(&mut checked)?;
    match pace {
        Pace::Awake => awake(count, checked),
        Pace::Asleep => asleep(count, checked),
    }
}

fn awake(count: u64, trip: impl FnMut(u64) -> Result<(), Error>) -> Result<Duration, Error> {
    let start = Instant::now();
    (0..count).try_for_each(trip)?;
    Ok(start.elapsed())
}

fn asleep(count: u64, mut trip: impl FnMut(u64) -> Result<(), Error>) -> Result<Duration, Error> {
    let mut elapsed = Duration::ZERO;
    for number in 0..count {
        thread::sleep(PAUSE);
        let start = Instant::now();
        trip(number)?;
        elapsed += start.elapsed();
    }
    Ok(elapsed)
}
