//! Knows what may have happened.

use std::collections::{HashMap, HashSet};

use super::participants::Receipt;

/// Everything that consumers have said.
#[derive(Default)]
pub(crate) struct Oracle {
    /// Numbers of the items of each producer that were seen.
    seen: HashMap<u64, HashSet<u64>>,
    /// The last first delivery that a consumer got from a producer.
    last: HashMap<(u64, u64), u64>,
    pub(crate) receipts: u64,
    pub(crate) redelivered: u64,
}

impl Oracle {
    /// Takes note of a receipt.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub(crate) fn hear(&mut self, receipt: &Receipt) -> Result<(), String> {
        let Receipt {
            consumer,
            producer,
            number,
            deliveries,
            intact,
        } = *receipt;
        self.receipts += 1;
        if !intact {
            return Err(format!("item {number} of producer {producer} is damaged"));
        }
        let is_new = self.seen.entry(producer).or_default().insert(number);
        if deliveries > 1 {
            self.redelivered += 1;
            return Ok(());
        }
        if !is_new {
            return Err(format!("item {number} of producer {producer} came twice"));
        }
        match self.last.insert((consumer, producer), number) {
            Some(before) if before >= number => Err(format!(
                "consumer {consumer} got item {number} of producer {producer} after {before}"
            )),
            _ => Ok(()),
        }
    }

    /// Items that their producer put before others that were seen, and that nobody has seen.
    pub(crate) fn missing(&self) -> u64 {
        let missing_of = |numbers: &HashSet<u64>| {
            let put = numbers.iter().max().map_or(0, |last| last + 1);
            put - numbers.len() as u64
        };
        self.seen.values().map(missing_of).sum()
    }
}
