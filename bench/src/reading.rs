//! A measured value and its unit.

use std::time::Duration;

/// The unit of a row, which also says whether more is better.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unit {
    MillionsPerSecond,
    PerSecond,
    GigabytesPerSecond,
    Nanoseconds,
    Microseconds,
    Milliseconds,
}

impl Unit {
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::MillionsPerSecond => "M/s",
            Self::PerSecond => "/s",
            Self::GigabytesPerSecond => "GB/s",
            Self::Nanoseconds => "ns",
            Self::Microseconds => "µs",
            Self::Milliseconds => "ms",
        }
    }

    /// How many times as good `ours` is as `theirs`.
    pub(crate) fn ratio(self, ours: f64, theirs: f64) -> f64 {
        match self {
            Self::MillionsPerSecond | Self::PerSecond | Self::GigabytesPerSecond => ours / theirs,
            Self::Nanoseconds | Self::Microseconds | Self::Milliseconds => theirs / ours,
        }
    }
}

/// One value of one round, in the row of this name.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Reading {
    pub(crate) row: String,
    pub(crate) unit: Unit,
    pub(crate) value: f64,
}

impl Reading {
    /// Messages a second.
    pub(crate) fn messages(row: impl Into<String>, count: u64, elapsed: Duration) -> Self {
        let value = count as f64 / elapsed.as_secs_f64() / 1e6;
        Self {
            row: row.into(),
            unit: Unit::MillionsPerSecond,
            value,
        }
    }

    /// How many a second, where that are some thousands.
    pub(crate) fn per_second(row: impl Into<String>, count: u64, elapsed: Duration) -> Self {
        let value = count as f64 / elapsed.as_secs_f64();
        Self {
            row: row.into(),
            unit: Unit::PerSecond,
            value,
        }
    }

    /// Bytes a second (1 GB is 10⁹ bytes).
    pub(crate) fn bytes(row: impl Into<String>, bytes: u64, elapsed: Duration) -> Self {
        let value = bytes as f64 / elapsed.as_secs_f64() / 1e9;
        Self {
            row: row.into(),
            unit: Unit::GigabytesPerSecond,
            value,
        }
    }

    /// The time each of `count` took, in a unit that suits nanoseconds.
    pub(crate) fn nanos_each(row: impl Into<String>, count: u64, elapsed: Duration) -> Self {
        let value = elapsed.as_secs_f64() * 1e9 / count as f64;
        Self {
            row: row.into(),
            unit: Unit::Nanoseconds,
            value,
        }
    }

    /// The time each of `count` took, in a unit that suits microseconds.
    pub(crate) fn micros_each(row: impl Into<String>, count: u64, elapsed: Duration) -> Self {
        let value = elapsed.as_secs_f64() * 1e6 / count as f64;
        Self {
            row: row.into(),
            unit: Unit::Microseconds,
            value,
        }
    }

    /// The time each of `count` took, in a unit that suits milliseconds.
    pub(crate) fn millis_each(row: impl Into<String>, count: u64, elapsed: Duration) -> Self {
        let value = elapsed.as_secs_f64() * 1e3 / count as f64;
        Self {
            row: row.into(),
            unit: Unit::Milliseconds,
            value,
        }
    }
}

/// What one round of one contestant gave.
pub(crate) struct Round {
    /// The measured time, by which the size of later rounds is chosen.
    pub(crate) elapsed: Duration,
    pub(crate) readings: Vec<Reading>,
}

impl Round {
    pub(crate) fn single(elapsed: Duration, reading: Reading) -> Self {
        let readings = vec![reading];
        Self { elapsed, readings }
    }
}
