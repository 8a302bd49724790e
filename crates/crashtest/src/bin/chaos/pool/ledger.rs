//! Knows what may have become of each task.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use procession::{PoolError, ProcessError};

use super::task::{Answer, Marks};

const SIGKILL: i32 = 9;

/// What a submitter has said of its tasks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) retries: u32,
    pub(super) may_expire: bool,
    pub(super) may_be_cancelled: bool,
}

/// What a submitter has learned of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Returned,
    Lost,
    Expired,
    Cancelled,
    /// Nobody asked, or the failure of another task was told in its place.
    Untold,
}

/// How many tasks had which fate.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fates {
    pub(super) returned: u64,
    pub(super) lost: u64,
    pub(super) expired: u64,
    pub(super) cancelled: u64,
    pub(super) untold: u64,
    /// Runs that began after one that was lost.
    pub(super) begun_again: u64,
    /// Lost between their worker's note that they run and their own first one.
    pub(super) lost_unmarked: u64,
}

#[derive(Default)]
struct Notes {
    next: usize,
    fates: Vec<Option<(Fate, u32)>>,
    /// Workers with which a task was lost.
    losers: HashSet<String>,
}

/// All tasks of a round.
pub(super) struct Ledger {
    tasks: usize,
    notes: Mutex<Notes>,
}

impl Ledger {
    pub(super) fn new(tasks: usize) -> Ledger {
        let notes = Notes {
            fates: vec![None; tasks],
            ..Notes::default()
        };
        Ledger {
            tasks,
            notes: Mutex::new(notes),
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Numbers of tasks that nobody has submitted; empty when there are no more.
    pub(super) fn draw(&self, count: u64) -> Range<usize> {
        let mut notes = self.notes();
        let first = notes.next;
        notes.next = self.tasks.min(first + count as usize);
        first..notes.next
    }

    /// Takes note of what came of a task.
    pub(super) fn hear(
        &self,
        number: usize,
        outcome: Result<Result<Answer, String>, PoolError>,
        terms: Terms,
    ) -> Result<(), String> {
        let fate = match outcome {
            Ok(answer) => {
                let answer = answer?;
                if answer != Answer::to(number) {
                    return Err(format!("task {number} has a wrong result: {answer:?}"));
                }
                Fate::Returned
            }
            Err(error) => self.fate_of(&error, terms)?,
        };
        self.note(number, fate, terms)
    }

    /// Takes note of a failure, and says what it means.
    pub(super) fn fate_of(&self, error: &PoolError, terms: Terms) -> Result<Fate, String> {
        match error {
            PoolError::WorkerLost { worker, cause, .. } => {
                if !matches!(
                    **cause,
                    ProcessError::Signaled {
                        signal: SIGKILL,
                        ..
                    }
                ) {
                    return Err(format!("a worker ended by itself: {error}"));
                }
                match self.notes().losers.insert(worker.clone()) {
                    true => Ok(Fate::Lost),
                    false => Err(format!("more than one task was lost with {worker}")),
                }
            }
            PoolError::TaskTimeout { .. } if terms.may_expire => Ok(Fate::Expired),
            PoolError::Cancelled if terms.may_be_cancelled => Ok(Fate::Cancelled),
            other => Err(format!("a task failed: {other}")),
        }
    }

    pub(super) fn note(&self, number: usize, fate: Fate, terms: Terms) -> Result<(), String> {
        match self.notes().fates.get_mut(number) {
            Some(place @ None) => *place = Some((fate, terms.retries)),
            place => return Err(format!("task {number} came twice: {place:?}, {fate:?}")),
        }
        Ok(())
    }

    /// Compares what was told with what the tasks have noted themselves.
    pub(super) fn judge(&self, marks: &Marks, kills: u64) -> Result<Fates, String> {
        let read = |array: &procession::SharedArray<u32>| {
            array.to_vec().map_err(|error| error.to_string())
        };
        let (begun, finished) = (read(&marks.begun)?, read(&marks.finished)?);
        let notes = self.notes();
        let mut fates = Fates::default();
        for (number, note) in notes.fates.iter().enumerate() {
            let (fate, retries) = note.ok_or(format!("nothing was heard of task {number}"))?;
            let (begun, finished) = (begun[number], finished[number]);
            let is_right = finished <= begun
                && begun <= 1 + retries
                && (fate != Fate::Returned || finished >= 1);
            if !is_right {
                return Err(format!(
                    "task {number} was {fate:?}, with {retries} retries, and was begun {begun} times and finished \
                     {finished} times"
                ));
            }
            fates.count(fate, begun);
        }
        let losers = notes.losers.len() as u64;
        match losers <= kills {
            true => Ok(fates),
            false => Err(format!("{losers} tasks were lost with {kills} workers")),
        }
    }
}

impl Fates {
    fn count(&mut self, fate: Fate, begun: u32) {
        match fate {
            Fate::Returned => self.returned += 1,
            Fate::Lost => self.lost += 1,
            Fate::Expired => self.expired += 1,
            Fate::Cancelled => self.cancelled += 1,
            Fate::Untold => self.untold += 1,
        }
        self.begun_again += u64::from(begun.saturating_sub(1));
        self.lost_unmarked += u64::from(fate == Fate::Lost && begun == 0);
    }
}
