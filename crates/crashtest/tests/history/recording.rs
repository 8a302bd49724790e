//! What the processes of a history do: one operation after another, each with the time at which it began
//! and ended.

use std::sync::atomic::{Ordering, fence};

use procession::{Queue, QueueError, SharedArray, SharedError, Value};
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

use crate::chance::Chance;
use crate::search::Answer;
use crate::subject::Subject;

/// Operations of each process.
pub(crate) const STEPS: usize = 6;

/// What a process is told to do.
#[derive(Serialize, Deserialize)]
pub(crate) struct Order<O> {
    pub(crate) object: O,
    pub(crate) round: u64,
    pub(crate) chance: u64,
    pub(crate) journal: Journal,
    /// All begin when so many are ready.
    pub(crate) everybody: u64,
    pub(crate) ready: Value<u64>,
    pub(crate) process: usize,
    /// Who has come to the end.
    pub(crate) done: Queue<usize>,
}

/// What one process has done, in words of shared memory, so that it survives the process.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Journal {
    words: SharedArray<u64>,
}

/// One step of a journal.
pub(crate) struct Entry {
    pub(crate) begun: u64,
    /// Nothing if the process died meanwhile.
    pub(crate) end: Option<(u64, Answer)>,
}

impl Journal {
    pub(crate) fn new() -> Result<Journal, SharedError> {
        Ok(Journal {
            words: SharedArray::new(3 * STEPS, 0)?,
        })
    }

    fn write<O: Subject>(
        &self,
        step: usize,
        object: &O::Object,
        operation: &O::Operation,
    ) -> Result<(), SharedError> {
        self.words.set(3 * step, now())?;
        let answer = O::perform(object, operation)?;
        self.words.set(3 * step + 1, answer)?;
        self.words.set(3 * step + 2, now())
    }

    pub(crate) fn has_begun(&self, step: usize) -> Result<bool, SharedError> {
        Ok(self.words.get(3 * step)? != 0)
    }

    /// The steps that were begun.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>, SharedError> {
        let words = self.words.to_vec()?;
        let begun = words.chunks(3).take_while(|step| step[0] != 0);
        let entry = |step: &[u64]| Entry {
            begun: step[0],
            end: (step[2] != 0).then_some((step[2], step[1])),
        };
        Ok(begun.map(entry).collect())
    }
}

/// Nanoseconds on a clock that all processes share and that never goes back.
///
/// A store of this processor that others cannot see yet would not have happened by then, and a load may not
/// be done ahead: hence the fences.
///
/// # References
///
/// [`clock_gettime(2)`](https://man7.org/linux/man-pages/man2/clock_gettime.2.html), `CLOCK_MONOTONIC`
pub(crate) fn now() -> u64 {
    fence(Ordering::SeqCst);
    let now = clock_gettime(ClockId::Monotonic);
    fence(Ordering::SeqCst);
    let (seconds, rest) = (now.tv_sec.cast_unsigned(), now.tv_nsec.cast_unsigned());
    seconds * 1_000_000_000 + rest
}

/// Carries out orders until there are no more.
pub(crate) fn work<O: Subject>(orders: Queue<Order<O::Object>>) -> Result<(), String> {
    // The object of the last order is held until the next one: letting go of it would be an operation.
    let mut held = None;
    loop {
        let order = match orders.get() {
            Ok(order) => order,
            Err(QueueError::Closed) => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        carry_out::<O>(&order).map_err(|error| error.to_string())?;
        let done = order.done.put(&order.process);
        done.map_err(|error| error.to_string())?;
        drop(held.replace(order));
    }
}

fn carry_out<O: Subject>(order: &Order<O::Object>) -> Result<(), SharedError> {
    let plan = O::plan(order.round, &mut Chance(order.chance), STEPS);
    order.ready.fetch_add(1)?;
    while order.ready.get()? < order.everybody {
        std::thread::yield_now();
    }
    let mut pauses = Chance(!order.chance);
    for (step, operation) in plan.iter().enumerate() {
        order.journal.write::<O>(step, &order.object, operation)?;
        match pauses.below(4) {
            0 => std::thread::yield_now(),
            turns => (0..turns * 10).for_each(|_| std::hint::spin_loop()),
        }
    }
    Ok(())
}
