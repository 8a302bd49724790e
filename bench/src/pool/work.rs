//! What tasks do, the same for all contestants.

use std::fmt;
use std::hint::spin_loop;
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Error, bail};

use crate::load::{stamp, stamped};

/// Bytes of a large argument or result.
pub(super) const LARGE: usize = 1 << 20;

/// What a usual task of the skewed work takes.
const SHORT: Duration = Duration::from_micros(20);
/// One in so many takes so many times as long.
const SKEW: u64 = 100;

/// The kind of task that one measurement has done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Work {
    /// A number to a number, in a nanosecond.
    Tiny,
    /// The same, but it takes 20 µs, and one task in a hundred 2 ms.
    Skewed,
    /// [`LARGE`] bytes to their number.
    LargeArgument,
    /// A number to [`LARGE`] bytes.
    LargeResult,
}

impl Work {
    /// What the results of tasks `0..count` add up to.
    pub(super) fn expected(self, count: u64) -> u64 {
        let result = |number| match self {
            Work::Tiny | Work::Skewed => tiny(number),
            Work::LargeArgument | Work::LargeResult => number,
        };
        (0..count).map(result).fold(0, u64::wrapping_add)
    }
}

pub(super) fn tiny(number: u64) -> u64 {
    (number ^ (number >> 7)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

pub(super) fn skewed(number: u64) -> u64 {
    let begin = Instant::now();
    let time = match number % SKEW {
        0 => SHORT * SKEW as u32,
        _ => SHORT,
    };
    while begin.elapsed() < time {
        spin_loop();
    }
    tiny(number)
}

/// A message whose number shows.
pub(super) fn large(number: u64) -> Vec<u8> {
    let mut message = vec![0; LARGE];
    stamp(&mut message, number);
    message
}

/// The number of a whole message; of another one a number that spoils every sum.
pub(super) fn number_of(message: Vec<u8>) -> u64 {
    stamped(&message, LARGE).unwrap_or(u64::MAX / 3)
}

impl fmt::Display for Work {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Work::Tiny => "tiny",
            Work::Skewed => "skewed",
            Work::LargeArgument => "large-argument",
            Work::LargeResult => "large-result",
        })
    }
}

impl FromStr for Work {
    type Err = Error;

    fn from_str(text: &str) -> Result<Work, Error> {
        let all = [
            Work::Tiny,
            Work::Skewed,
            Work::LargeArgument,
            Work::LargeResult,
        ];
        match all.into_iter().find(|work| work.to_string() == text) {
            Some(work) => Ok(work),
            None => bail!("no such work: {text}"),
        }
    }
}
