//! A worker's desk: where it says which task it is at, and where its owner stops it.
//!
//! One word tells everything, {number of a task, what the worker does with it}, and each of its changes is one exchange. So
//! whoever finds it after a kill knows which task was begun and not finished, and an owner who wants to end one
//! task with its worker can be sure that the worker is not at another one by then. Numbers ascend.

use procession_arena::{Error, Handle, Participant, Result};

use crate::{Initial, SharedArray};

/// The task that the worker is at, and what about it.
const STATE: u64 = 0;
/// When it began the task.
const STARTED: u64 = 1;
const WORDS: u64 = 2;

/// What the worker does with the task that its desk names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// Nothing any more: it is finished.
    Idle,
    /// It runs it.
    Running,
    /// Whatever it did: it does nothing more, and will be killed.
    Doomed,
}

/// What a desk says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The task that was begun last; zero before the first.
    pub number: u64,
    /// What the worker does with it.
    pub activity: Activity,
}

impl Mark {
    /// Whether the task of that number was begun.
    pub fn has_begun(self, number: u64) -> bool {
        self.number >= number
    }

    /// Whether the task of that number was run to its end.
    pub fn has_finished(self, number: u64) -> bool {
        self.number > number || self.number == number && self.activity == Activity::Idle
    }

    /// Whether the task of that number runs.
    pub fn is_running(self, number: u64) -> bool {
        self.number == number && self.activity == Activity::Running
    }

    fn idle(number: u64) -> Mark {
        Mark {
            number,
            activity: Activity::Idle,
        }
    }

    fn running(number: u64) -> Mark {
        Mark {
            number,
            activity: Activity::Running,
        }
    }

    fn pack(self) -> u64 {
        let activity = match self.activity {
            Activity::Idle => 0,
            Activity::Running => 1,
            Activity::Doomed => 2,
        };
        self.number << 2 | activity
    }

    fn unpack(word: u64) -> Result<Mark> {
        let activity = match word & 3 {
            0 => Activity::Idle,
            1 => Activity::Running,
            2 => Activity::Doomed,
            _ => {
                return Err(Error::Corrupt {
                    what: "a worker's desk says something unintelligible",
                });
            }
        };
        Ok(Mark {
            number: word >> 2,
            activity,
        })
    }
}

/// A few words that a worker and its owner share.
///
/// It does not end its hold by itself: whoever created or attached it calls [`detach`](Self::detach) once.
///
/// # If a process dies
///
/// The words stay as the worker left them: nobody needs to repair them.
#[derive(Debug)]
pub struct Desk(SharedArray);

impl Desk {
    /// Creates a desk at which no task has been begun.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`] or [`Error::TooManyObjects`].
    pub fn create(me: &Participant) -> Result<Desk> {
        let zero = 0u64.to_ne_bytes();
        SharedArray::create(me, Initial::Repeated(&zero, WORDS), None).map(Desk)
    }

    /// Makes this process a holder of the desk that `handle` names.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if it is gone, [`Error::WrongKind`] if it is something else.
    pub fn attach(me: &Participant, handle: Handle) -> Result<Desk> {
        SharedArray::attach(me, handle, None).map(Desk)
    }

    /// The desk's name in every process of the session.
    pub fn handle(&self) -> Handle {
        self.0.handle()
    }

    /// Ends this hold; with the last one in the session the desk is freed.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if it is damaged.
    pub fn detach(&self, me: &Participant) -> Result<()> {
        self.0.detach(me)
    }

    /// The worker begins a task, `former` having been the last; false if its owner has stopped it.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the desk is damaged.
    pub fn begin(&self, me: &Participant, former: u64, number: u64, now: u64) -> Result<bool> {
        self.0.cell(me, STARTED)?.store(now);
        self.exchange(me, Mark::idle(former), Mark::running(number))
    }

    /// The worker has finished the task that it had begun; false if its owner has stopped it.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the desk is damaged.
    pub fn finish(&self, me: &Participant, number: u64) -> Result<bool> {
        self.exchange(me, Mark::running(number), Mark::idle(number))
    }

    /// What the worker is at.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the desk is damaged.
    pub fn mark(&self, me: &Participant) -> Result<Mark> {
        Mark::unpack(self.0.cell(me, STATE)?.load())
    }

    /// When the worker began the task it is at, or that which it is just beginning.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the desk is damaged.
    pub fn started(&self, me: &Participant) -> Result<u64> {
        Ok(self.0.cell(me, STARTED)?.load())
    }

    /// Stops a worker that has taken a task, unless it has finished it: after this it neither finishes that one nor begins
    /// another, and is to be killed. False if it has finished, or is stopped already.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the desk is damaged.
    pub fn stop(&self, me: &Participant, number: u64) -> Result<bool> {
        loop {
            let mark = self.mark(me)?;
            if mark.has_finished(number) || mark.activity == Activity::Doomed {
                return Ok(false);
            }
            let doomed = Mark {
                activity: Activity::Doomed,
                ..mark
            };
            // If it fails the worker has gone on: in at most two steps it is past the task.
            if self.exchange(me, mark, doomed)? {
                return Ok(true);
            }
        }
    }

    fn exchange(&self, me: &Participant, from: Mark, to: Mark) -> Result<bool> {
        let cell = self.0.cell(me, STATE)?;
        Ok(cell.compare_exchange(from.pack(), to.pack()).is_ok())
    }
}
