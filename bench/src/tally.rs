//! Proof that all messages arrived: their number, and a sum that no order of arrival changes.

use anyhow::{Error, ensure};
use serde::{Deserialize, Serialize};

use crate::load::{Load, Message, Sample};

/// What a consumer saw.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Tally {
    count: u64,
    sum: u64,
}

impl Tally {
    /// What consumers must have seen together once messages `0..count` have arrived.
    pub(crate) fn expected(load: Load, count: u64) -> Self {
        let mut tally = Self::default();
        for number in 0..count {
            tally.add(match load {
                Load::Sample => Sample::numbered(number).checksum(),
                Load::Number | Load::Batches | Load::Bytes(_) => number,
            });
        }
        tally
    }

    /// Adds one message. The checksum is mixed, so that a duplicate cannot make up for a loss.
    pub(crate) fn add(&mut self, checksum: u64) {
        let mixed = (checksum ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xff51_afd7_ed55_8ccd);
        self.count += 1;
        self.sum = self.sum.wrapping_add(mixed ^ (mixed >> 32));
    }

    /// Adds what another consumer saw.
    pub(crate) fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.sum = self.sum.wrapping_add(other.sum);
    }

    /// # Errors
    ///
    /// Messages were lost, duplicated or changed: the measurement is worth nothing.
    pub(crate) fn verify(self, expected: Self) -> Result<(), Error> {
        let (seen, sent) = (self.count, expected.count);
        ensure!(seen == sent, "{sent} messages were sent, {seen} arrived");
        ensure!(
            self == expected,
            "{sent} messages arrived, but not the ones that were sent"
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_and_a_duplicate_that_makes_up_for_it_are_noticed() {
        let expected = Tally::expected(Load::Number, 4);
        let seen = |numbers: &[u64]| {
            let mut tally = Tally::default();
            numbers.iter().for_each(|number| tally.add(*number));
            tally.verify(expected)
        };
        assert!(seen(&[3, 0, 1, 2]).is_ok());
        assert!(seen(&[0, 1, 2]).is_err());
        assert!(seen(&[0, 1, 1, 3]).is_err());
        assert!(seen(&[0, 0, 3, 3]).is_err());
    }

    #[test]
    fn tallies_of_several_consumers_add_up() {
        let mut all = Tally::default();
        for range in [0..10, 10..25] {
            let mut part = Tally::default();
            range.for_each(|number| part.add(number));
            all.merge(part);
        }
        assert!(all.verify(Tally::expected(Load::Number, 25)).is_ok());
    }
}
