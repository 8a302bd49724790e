//! The ways in which tasks are submitted and asked for.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::Duration;

use procession::{AsyncResult, PoolError};

use super::ledger::{Fate, Terms};
use super::submitter::Submitter;
use super::task::{Answer, Length, Task, carry_out};

type Told = Result<Answer, String>;

impl Submitter<'_> {
    pub(super) fn apply(&mut self, numbers: Range<usize>) -> Result<(), String> {
        let (submission, terms) = self.submission();
        for (number, task) in numbers.clone().zip(self.tasks(numbers)) {
            let outcome = submission.clone().apply(carry_out, (task,));
            self.ledger.hear(number, outcome, terms)?;
        }
        Ok(())
    }

    pub(super) fn apply_async(&mut self, numbers: Range<usize>) -> Result<(), String> {
        let (submission, terms) = self.submission();
        let results: Result<Vec<_>, _> = self
            .tasks(numbers.clone())
            .map(|task| submission.clone().apply_async(carry_out, (task,)))
            .collect();
        for (number, result) in numbers.zip(results.map_err(refused)?) {
            self.ledger.hear(number, result.get(), terms)?;
        }
        Ok(())
    }

    pub(super) fn apply_with_callbacks(&mut self, numbers: Range<usize>) -> Result<(), String> {
        let (submission, terms) = self.submission();
        let mut results = Vec::new();
        for task in self.tasks(numbers.clone()) {
            let calls = Calls::default();
            let (good, bad) = (calls.clone(), calls.clone());
            let result = submission.clone().apply_async_with(
                carry_out,
                (task,),
                move |_: &Told| good.count(1),
                move |_| bad.count(1 << 16),
            );
            results.push((calls, result.map_err(refused)?));
        }
        for (number, (calls, result)) in numbers.zip(results) {
            let outcome = result.get();
            calls.check(number, outcome.is_ok())?;
            self.ledger.hear(number, outcome, terms)?;
        }
        Ok(())
    }

    /// Of several failures one is told.
    pub(super) fn map(&mut self, numbers: Range<usize>) -> Result<(), String> {
        let (submission, terms) = self.submission();
        let outcome = submission.map(carry_out, self.tasks(numbers.clone()));
        self.hear_all(numbers, outcome, terms)
    }

    pub(super) fn map_with_callback(&mut self, numbers: Range<usize>) -> Result<(), String> {
        let terms = NOTHING_SAID;
        let calls = Calls::default();
        let (good, bad) = (calls.clone(), calls.clone());
        let result = self.pool.map_async_with(
            carry_out,
            self.tasks(numbers.clone()),
            move |_: &Vec<Told>| good.count(1),
            move |_| bad.count(1 << 16),
        );
        let outcome = result.map_err(refused)?.get();
        calls.check(numbers.start, outcome.is_ok())?;
        self.hear_all(numbers, outcome, terms)
    }

    fn hear_all(
        &self,
        numbers: Range<usize>,
        outcome: Result<Vec<Told>, PoolError>,
        terms: Terms,
    ) -> Result<(), String> {
        match outcome {
            Ok(answers) if answers.len() == numbers.len() => numbers
                .zip(answers)
                .try_for_each(|(number, answer)| self.ledger.hear(number, Ok(answer), terms)),
            Ok(answers) => Err(format!("{} results of tasks {numbers:?}", answers.len())),
            Err(error) => {
                self.ledger.fate_of(&error, terms)?;
                numbers
                    .into_iter()
                    .try_for_each(|number| self.ledger.note(number, Fate::Untold, terms))
            }
        }
    }

    pub(super) fn imap(&mut self, numbers: Range<usize>) -> Result<(), String> {
        let (submission, terms) = self.submission();
        let results = submission.imap(carry_out, self.tasks(numbers.clone()));
        let mut results = results.map_err(refused)?;
        for number in numbers.clone() {
            let outcome = results.next();
            let outcome = outcome.ok_or_else(|| format!("no result of {number} in {numbers:?}"))?;
            self.ledger.hear(number, outcome, terms)?;
        }
        match results.next() {
            None => Ok(()),
            Some(more) => Err(format!("a result too many of tasks {numbers:?}: {more:?}")),
        }
    }

    /// A failure does not say which task it was: those that did not return must be as many.
    pub(super) fn imap_unordered(&mut self, numbers: Range<usize>) -> Result<(), String> {
        let (submission, terms) = self.submission();
        let results = submission.imap_unordered(carry_out, self.tasks(numbers.clone()));
        let mut missing: HashSet<usize> = numbers.clone().collect();
        let mut fates = Vec::new();
        for outcome in results.map_err(refused)? {
            match outcome {
                Ok(answer) => {
                    let answer = answer?;
                    let number = answer.number;
                    missing.remove(&number);
                    self.ledger.hear(number, Ok(Ok(answer)), terms)?;
                }
                Err(error) => fates.push(self.ledger.fate_of(&error, terms)?),
            }
        }
        if missing.len() != fates.len() {
            return Err(format!(
                "{} failures of tasks {numbers:?}, but {missing:?} did not return",
                fates.len()
            ));
        }
        missing
            .into_iter()
            .zip(fates)
            .try_for_each(|(number, fate)| self.ledger.note(number, fate, terms))
    }

    /// Dropping an iteration cancels what is left of it.
    pub(super) fn imap_and_lose_interest(&mut self, numbers: Range<usize>) -> Result<(), String> {
        let (submission, terms) = self.submission();
        let results = submission.imap(carry_out, self.tasks(numbers.clone()));
        let wanted = self.random.below(numbers.len() as u64 + 1) as usize;
        let (heard, rest) = (
            numbers.start..numbers.start + wanted,
            numbers.start + wanted..numbers.end,
        );
        for (number, outcome) in heard.zip(results.map_err(refused)?) {
            self.ledger.hear(number, outcome, terms)?;
        }
        rest.into_iter()
            .try_for_each(|number| self.ledger.note(number, Fate::Untold, terms))
    }

    /// Tasks that never end, but for their time.
    pub(super) fn let_expire(&mut self, numbers: Range<usize>) -> Result<(), String> {
        let (submission, terms) = self.submission();
        let terms = Terms {
            may_expire: true,
            ..terms
        };
        let submission = submission.timeout(Duration::from_micros(1 + self.random.below(8_000)));
        let results = self.start(numbers.clone(), Length::Endless, |task| {
            submission.clone().apply_async(carry_out, (task,))
        })?;
        for (number, result) in numbers.zip(results) {
            self.ledger.hear(number, result.get(), terms)?;
        }
        Ok(())
    }

    /// Tasks that are cancelled at any time, whether or not they would end.
    pub(super) fn cancel(&mut self, numbers: Range<usize>) -> Result<(), String> {
        let (submission, terms) = self.submission();
        let terms = Terms {
            may_be_cancelled: true,
            ..terms
        };
        let length = match self.random.below(3) {
            0 => Length::Endless,
            1 => Length::Microseconds(300),
            _ => Length::Quick,
        };
        let results = self.start(numbers.clone(), length, |task| {
            submission.clone().apply_async(carry_out, (task,))
        })?;
        for (number, result) in numbers.zip(results) {
            if self.random.below(2) == 0 {
                sleep(Duration::from_micros(self.random.below(600)));
            }
            let was_outstanding = result.cancel().map_err(refused)?;
            let outcome = result.get();
            if was_outstanding != matches!(outcome, Err(PoolError::Cancelled)) {
                return Err(format!(
                    "task {number}: cancel said {was_outstanding}, and it is {outcome:?}"
                ));
            }
            self.ledger.hear(number, outcome, terms)?;
        }
        Ok(())
    }

    fn start(
        &self,
        numbers: Range<usize>,
        length: Length,
        start: impl Fn(Task) -> Result<AsyncResult<Told>, PoolError>,
    ) -> Result<Vec<AsyncResult<Told>>, String> {
        numbers
            .map(|number| start(Task::new(number, length, self.marks)).map_err(refused))
            .collect()
    }
}

const NOTHING_SAID: Terms = Terms {
    retries: 0,
    may_expire: false,
    may_be_cancelled: false,
};

fn refused(error: PoolError) -> String {
    format!("the pool refused: {error}")
}

/// How often the callbacks of a job were called; the one for errors counts in the upper half.
#[derive(Clone, Default)]
struct Calls(Arc<AtomicU32>);

impl Calls {
    fn count(&self, call: u32) {
        self.0.fetch_add(call, Ordering::Relaxed);
    }

    /// Either was called, once, before the result could be had.
    fn check(&self, number: usize, is_ok: bool) -> Result<(), String> {
        let expected = if is_ok { 1 } else { 1 << 16 };
        match self.0.load(Ordering::Relaxed) {
            calls if calls == expected => Ok(()),
            calls => Err(format!(
                "the callbacks of task {number} were called {calls:#x} times"
            )),
        }
    }
}
