//! A lock that is a line in another object's header, with the protocol of `lock/README.md`.

use procession_arena::{Arena, Error, FIRST_OF_KIND, Handle, Participant, ProcessId, Result, Wait};

use super::holder::{Hold, Holder};
use super::ownership::{HeldBy, Ownership, Taken};
use crate::under_way::UnderWay;

/// Operations, as they stand in intents; the object has no others that are announced.
mod operation {
    use super::FIRST_OF_KIND;

    pub(super) const ACQUIRE: u8 = FIRST_OF_KIND;
    pub(super) const RELEASE: u8 = FIRST_OF_KIND + 1;
}

/// A view of such a line, which is aligned to a cache line and as long as one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EmbeddedLock<'a> {
    ownership: Ownership<'a>,
    /// The object whose header the line is in.
    object: Handle,
}

impl<'a> EmbeddedLock<'a> {
    #[inline]
    pub(crate) fn open(arena: &'a Arena, line: u64, object: Handle) -> Result<EmbeddedLock<'a>> {
        Ok(EmbeddedLock {
            ownership: Ownership::open(arena, line, HeldBy::Process)?,
            object,
        })
    }

    /// As [`Lock::acquire`](super::Lock::acquire).
    #[inline]
    pub(crate) fn acquire(self, me: &Participant, wait: Wait) -> Result<Taken> {
        // Not announced: the exchange itself says who has taken it.
        match self.ownership.take_free(me) {
            Some(taken) => Ok(taken),
            None => self.acquire_waiting(me, wait),
        }
    }

    #[cold]
    fn acquire_waiting(self, me: &Participant, wait: Wait) -> Result<Taken> {
        let _under_way = UnderWay::begin(me, operation::ACQUIRE, self.object)?;
        self.ownership.take(me, wait)?.ok_or(Error::TimedOut)
    }

    /// As [`Lock::release_hold`](super::Lock::release_hold).
    pub(crate) fn release_hold(self, me: &Participant, hold: Hold) -> Result<bool> {
        if !hold.is_of_process_of(me) {
            // A copy of a process, made by `fork`, does not hold what its parent holds.
            return Ok(false);
        }
        let _under_way = UnderWay::begin(me, operation::RELEASE, self.object)?;
        Ok(self.ownership.give_back(hold))
    }

    /// Who holds the lock at this moment.
    pub(crate) fn holder(self, me: &Participant) -> Result<Option<Holder>> {
        self.ownership.holder(me)
    }

    /// Wakes everybody who waits: a thread that owed a wake is dead.
    pub(crate) fn recover(self) {
        self.ownership.wake_everybody();
    }

    /// Notes that a process has no part in the object any more.
    pub(crate) fn process_gone(self, process: ProcessId, pid: u32) -> Result<()> {
        self.ownership.process_gone(process, pid)
    }
}
