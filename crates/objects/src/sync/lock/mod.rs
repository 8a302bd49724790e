//! Locks that users hold: one holder at a time, and a successor is told if the holder died.
//!
//! See `README.md` for the protocol and what a kill can leave.

mod kind;

use procession_arena::{Error, FIRST_OF_KIND, Handle, Object, Participant, Result, Wait};

pub(crate) use kind::LockKind;
pub(super) use kind::{NAME, TAG};

use super::holder::{Hold, Holder};
use super::ownership::{HEADER_BLOCK, HeldBy, Ownership, Taken};
use crate::attach::attach;
use crate::under_way::UnderWay;

/// Operations, as they stand in intents.
mod operation {
    use super::FIRST_OF_KIND;

    pub(super) const ACQUIRE: u8 = FIRST_OF_KIND;
    pub(super) const RELEASE: u8 = FIRST_OF_KIND + 1;
}

/// This process's view of a lock in the arena.
///
/// It is held by a process: any thread of it may release it. It does not end its hold of the object
/// by itself: whoever created or attached it calls [`detach`](Self::detach) once.
///
/// # If a process dies
///
/// The holder: whoever acquires the lock next gets it at once, and is told. A process that waits: the
/// others are not affected.
#[derive(Debug)]
pub struct Lock {
    object: Object,
}

impl Lock {
    /// Creates a lock that nobody holds; this process holds the object.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`] or [`Error::TooManyObjects`].
    pub fn create(me: &Participant) -> Result<Lock> {
        let block = me.begin_object(HEADER_BLOCK)?;
        let written = Ownership::open(me.arena(), block, HeldBy::Process)
            .and_then(|ownership| ownership.clear(me.arena()));
        if let Err(error) = written {
            me.cancel_object()?;
            return Err(error);
        }
        let object = me.finish_object(&LockKind, block)?;
        Ok(Lock { object })
    }

    /// Makes this process a holder of the object that `handle` names.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if the lock is gone, [`Error::WrongKind`] if it is something else.
    pub fn attach(me: &Participant, handle: Handle) -> Result<Lock> {
        attach(me, handle, &LockKind).map(Lock::of)
    }

    pub(super) fn of(object: Object) -> Lock {
        Lock { object }
    }

    /// Ends this process's hold of the object; with the last one in the session it is freed.
    ///
    /// If the process holds the lock, it abandons it with the last hold of the object that it has.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the lock is damaged.
    pub fn detach(&self, me: &Participant) -> Result<()> {
        me.detach(self.object.handle)
    }

    /// The lock's name in every process of the session.
    pub fn handle(&self) -> Handle {
        self.object.handle
    }

    /// Takes the lock.
    ///
    /// A process that already holds it waits for itself.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`], also with [`Wait::Never`].
    ///
    /// # If a process dies
    ///
    /// The holder: this returns as soon as the kernel has said so, and tells its pid once. This
    /// process, in the middle of it: it waits no more, or it is the holder that died.
    #[inline]
    pub fn acquire(&self, me: &Participant, wait: Wait) -> Result<Taken> {
        let ownership = self.ownership(me)?;
        // Not announced: the exchange itself says who has taken it.
        match ownership.take_free(me) {
            Some(taken) => Ok(taken),
            None => self.acquire_waiting(me, ownership, wait),
        }
    }

    #[cold]
    fn acquire_waiting(
        &self,
        me: &Participant,
        ownership: Ownership<'_>,
        wait: Wait,
    ) -> Result<Taken> {
        let _under_way = UnderWay::begin(me, operation::ACQUIRE, self.object.handle)?;
        ownership.take(me, wait)?.ok_or(Error::TimedOut)
    }

    /// Ends the hold of whoever has it, in whatever process.
    ///
    /// # Errors
    ///
    /// [`Error::NotHeld`] if nobody holds it, or whoever held it has died.
    ///
    /// # If a process dies
    ///
    /// In the middle of it: the lock is free, or abandoned.
    pub fn release(&self, me: &Participant) -> Result<()> {
        let _under_way = UnderWay::begin(me, operation::RELEASE, self.object.handle)?;
        let ownership = self.ownership(me)?;
        match ownership.give_back(Hold::of(me)) || ownership.give_back_anybodys(me)? {
            true => Ok(()),
            false => Err(Error::NotHeld),
        }
    }

    /// Releases the lock in the name of whoever died holding it, so that the next holder is not told; says whether somebody
    /// has.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    ///
    /// # If a process dies
    ///
    /// In the middle of it: the lock is free, or abandoned.
    pub fn release_abandoned(&self, me: &Participant) -> Result<bool> {
        let _under_way = UnderWay::begin(me, operation::RELEASE, self.object.handle)?;
        self.ownership(me)?.give_back_abandoned(me)
    }

    /// Ends a hold that a thread of this process has taken; says whether it still was the present
    /// one.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    #[inline]
    pub fn release_hold(&self, me: &Participant, hold: Hold) -> Result<bool> {
        if !hold.is_of_process_of(me) {
            // A copy of a process, made by `fork`, does not hold what its parent holds.
            return Ok(false);
        }
        let _under_way = UnderWay::begin(me, operation::RELEASE, self.object.handle)?;
        Ok(self.ownership(me)?.give_back(hold))
    }

    /// Who holds the lock at this moment.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the lock is damaged.
    pub fn holder(&self, me: &Participant) -> Result<Option<Holder>> {
        self.ownership(me)?.holder(me)
    }

    /// Whether this very thread has taken the lock and holds it.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the lock is damaged.
    pub fn is_mine(&self, me: &Participant) -> Result<bool> {
        Ok(self.ownership(me)?.is_held_by(me))
    }

    /// Whether anybody holds the lock at this moment.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the lock is damaged.
    pub fn is_locked(&self, me: &Participant) -> Result<bool> {
        Ok(self.ownership(me)?.owner(me)?.is_some())
    }

    #[inline]
    pub(super) fn ownership<'a>(&self, me: &'a Participant) -> Result<Ownership<'a>> {
        Ownership::open(me.arena(), self.object.header, HeldBy::Process)
    }
}
