//! A worker's desk: where it says which task it is at, and where the owner stops it.

use procession_arena::{Error, Handle, Participant};
use procession_objects::{Initial, SharedArray};

/// The task that the worker is at, and what about it.
const STATE: u64 = 0;
/// When it began the task.
const STARTED: u64 = 1;
const WORDS: u64 = 2;

/// What the worker does with the task of that number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activity {
    /// Nothing any more.
    Idle,
    Running,
    /// Whatever it did: it does nothing more, and will be killed.
    Doomed,
}

/// What a desk says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) number: u64,
    pub(super) activity: Activity,
}

impl Mark {
    fn pack(self) -> u64 {
        let activity = match self.activity {
            Activity::Idle => 0,
            Activity::Running => 1,
            Activity::Doomed => 2,
        };
        self.number << 2 | activity
    }

    fn unpack(word: u64) -> Result<Mark, Error> {
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
/// # If a process dies
///
/// The words stay as the worker left them; see the table in `README.md`.
#[derive(Debug)]
pub(super) struct Desk(SharedArray);

impl Desk {
    pub(super) fn create(me: &Participant) -> Result<Desk, Error> {
        let zero = 0u64.to_ne_bytes();
        SharedArray::create(me, Initial::Repeated(&zero, WORDS), None).map(Desk)
    }

    pub(super) fn attach(me: &Participant, handle: Handle) -> Result<Desk, Error> {
        SharedArray::attach(me, handle, None).map(Desk)
    }

    pub(super) fn handle(&self) -> Handle {
        self.0.handle()
    }

    pub(super) fn detach(&self, me: &Participant) -> Result<(), Error> {
        self.0.detach(me)
    }

    /// Step B of the worker; false if the owner has doomed it.
    pub(super) fn begin(
        &self,
        me: &Participant,
        former: u64,
        number: u64,
        now: u64,
    ) -> Result<bool, Error> {
        self.0.cell(me, STARTED)?.store(now);
        self.exchange(me, idle(former), running(number))
    }

    /// Step D of the worker; false if the owner has doomed it.
    pub(super) fn finish(&self, me: &Participant, number: u64) -> Result<bool, Error> {
        self.exchange(me, running(number), idle(number))
    }

    /// What the worker is at.
    pub(super) fn mark(&self, me: &Participant) -> Result<Mark, Error> {
        Mark::unpack(self.0.cell(me, STATE)?.load())
    }

    /// When the worker began the task it is at, or the one before if it is just beginning.
    pub(super) fn started(&self, me: &Participant) -> Result<u64, Error> {
        Ok(self.0.cell(me, STARTED)?.load())
    }

    /// Stops a worker that is still where `mark` says; false if it has gone on.
    pub(super) fn doom(&self, me: &Participant, mark: Mark) -> Result<bool, Error> {
        let doomed = Mark {
            activity: Activity::Doomed,
            ..mark
        };
        self.exchange(me, mark, doomed)
    }

    fn exchange(&self, me: &Participant, from: Mark, to: Mark) -> Result<bool, Error> {
        let cell = self.0.cell(me, STATE)?;
        Ok(cell.compare_exchange(from.pack(), to.pack()).is_ok())
    }
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
