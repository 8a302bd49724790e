//! A thread that submits tasks, and what it says about them.

use std::ops::Range;
use std::time::Duration;

use procession::{Pool, Submission};

use super::ledger::{Ledger, Terms};
use super::task::{Length, Marks, Task};
use crate::random::Random;

/// Enough for any task that is not endless, however many others want the processors.
const AMPLE: Duration = Duration::from_secs(60);

pub(super) struct Submitter<'a> {
    pub(super) pool: &'a Pool,
    pub(super) ledger: &'a Ledger,
    pub(super) marks: &'a Marks,
    pub(super) random: Random,
}

impl<'a> Submitter<'a> {
    /// Submits tasks until there are no more, and hears what comes of them.
    pub(super) fn submit_all(mut self) -> Result<(), String> {
        loop {
            let way = self.random.below(32);
            let most = match way {
                4..14 => 600,
                0..26 => 60,
                _ => 5,
            };
            let numbers = self.ledger.draw(1 + self.random.below(most));
            if numbers.is_empty() {
                return Ok(());
            }
            match way {
                0..4 => self.map(numbers)?,
                4..8 => self.imap(numbers)?,
                8..12 => self.imap_unordered(numbers)?,
                12..14 => self.imap_and_lose_interest(numbers)?,
                14..16 => self.map_with_callback(numbers)?,
                16..20 => self.apply(numbers)?,
                20..24 => self.apply_async(numbers)?,
                24..28 => self.apply_with_callbacks(numbers)?,
                28..30 => self.cancel(numbers)?,
                _ => self.let_expire(numbers)?,
            }
        }
    }

    /// Says something about the next tasks, or nothing.
    pub(super) fn submission(&mut self) -> (Submission<'a>, Terms) {
        let retries = match self.random.below(3) {
            0 => 1 + self.random.below(2) as u32,
            _ => 0,
        };
        let mut submission = self.pool.submit().retries(retries);
        if self.random.below(4) == 0 {
            submission = submission.priority(self.random.below(5) as i32 - 2);
        }
        if self.random.below(4) == 0 {
            submission = submission.buffersize(1 + self.random.below(100) as usize);
        }
        if self.random.below(4) == 0 {
            submission = submission.timeout(AMPLE);
        }
        let terms = Terms {
            retries,
            may_expire: false,
            may_be_cancelled: false,
        };
        (submission, terms)
    }

    /// The tasks of these numbers: times at which all are quick, and times at which most take a while.
    pub(super) fn tasks(&self, numbers: Range<usize>) -> impl Iterator<Item = Task> + use<'a> {
        let marks = self.marks;
        numbers.map(move |number| {
            let length = match (number / 1_000 % 2, number % 3) {
                (0, 0 | 1) => Length::Microseconds(number as u64 * 37 % 1_500),
                _ => Length::Quick,
            };
            Task::new(number, length, marks)
        })
    }
}
