//! Locks that a thread may take again while it holds them.
//!
//! See `README.md` here and in the folder of the lock for the protocol and what a kill can leave.

mod kind;

use procession_arena::{Error, FIRST_OF_KIND, Handle, Object, Participant, Result, Wait};

pub(crate) use kind::ReentrantLockKind;
pub(super) use kind::TAG;

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

/// This process's view of a reentrant lock in the arena.
///
/// It is held by a thread, which alone can release it. The value does not end its hold of the object
/// by itself: whoever created or attached it calls [`detach`](Self::detach) once.
///
/// # If a process dies
///
/// The holder, or only its thread ends: whoever acquires the lock next gets it at once, and is told.
/// A process that waits: the others are not affected.
#[derive(Debug)]
pub struct ReentrantLock {
    object: Object,
}

impl ReentrantLock {
    /// Creates a lock that nobody holds; this process holds the object.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`] or [`Error::TooManyObjects`].
    pub fn create(me: &Participant) -> Result<ReentrantLock> {
        let block = me.begin_object(HEADER_BLOCK)?;
        let written = Ownership::open(me.arena(), block, HeldBy::Thread)
            .and_then(|ownership| ownership.clear(me.arena()));
        if let Err(error) = written {
            me.cancel_object()?;
            return Err(error);
        }
        let object = me.finish_object(&ReentrantLockKind, block)?;
        Ok(ReentrantLock { object })
    }

    /// Makes this process a holder of the object that `handle` names.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if the lock is gone, [`Error::WrongKind`] if it is something else.
    pub fn attach(me: &Participant, handle: Handle) -> Result<ReentrantLock> {
        attach(me, handle, &ReentrantLockKind).map(ReentrantLock::of)
    }

    pub(super) fn of(object: Object) -> ReentrantLock {
        ReentrantLock { object }
    }

    /// Ends this process's hold of the object; with the last one in the session it is freed.
    ///
    /// If a thread of the process holds the lock, it abandons it with the last hold of the object
    /// that the process has.
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

    /// Takes the lock, once more if this thread holds it already; each needs one
    /// [`release`](Self::release).
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`], also with [`Wait::Never`]; [`Error::AcquiredTooOften`].
    ///
    /// # If a process dies
    ///
    /// The holder: this returns as soon as the kernel has said so, and tells its pid once. This
    /// process, in the middle of it: it waits no more, or it is the holder that died.
    #[inline]
    pub fn acquire(&self, me: &Participant, wait: Wait) -> Result<Taken> {
        let ownership = self.ownership(me)?;
        if ownership.is_held_by(me) {
            return count_up(me, ownership);
        }
        // Not announced: the exchange itself says who has taken it.
        let taken = match ownership.take_free(me) {
            Some(taken) => taken,
            None => self.acquire_waiting(me, ownership, wait)?,
        };
        ownership.depth().store(1);
        Ok(taken)
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

    /// Ends one hold of this thread; with the last one the lock is free.
    ///
    /// # Errors
    ///
    /// [`Error::NotHeld`] if nobody holds it, or whoever held it has ended;
    /// [`Error::HeldByAnother`].
    ///
    /// # If a process dies
    ///
    /// In the middle of it: the lock is free, or abandoned.
    #[inline]
    pub fn release(&self, me: &Participant) -> Result<()> {
        let ownership = self.ownership(me)?;
        self.check_held(me, ownership)?;
        match ownership.depth().load() {
            0 => Err(COUNT_DAMAGED),
            1 => {
                let _under_way = UnderWay::begin(me, operation::RELEASE, self.object.handle)?;
                match ownership.give_back(Hold::of(me)) {
                    true => Ok(()),
                    false => Err(Error::NotHeld),
                }
            }
            depth => {
                ownership.depth().store(depth - 1);
                Ok(())
            }
        }
    }

    #[inline]
    fn check_held(&self, me: &Participant, ownership: Ownership<'_>) -> Result<()> {
        match ownership.is_held_by(me) {
            true => Ok(()),
            false => Err(not_held(me, ownership)),
        }
    }

    /// Whether this very thread holds the lock.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the lock is damaged.
    pub fn is_mine(&self, me: &Participant) -> Result<bool> {
        Ok(self.ownership(me)?.is_held_by(me))
    }

    /// Who holds the lock at this moment.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the lock is damaged.
    pub fn holder(&self, me: &Participant) -> Result<Option<Holder>> {
        self.ownership(me)?.holder(me)
    }

    /// Whether anybody holds the lock at this moment.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the lock is damaged.
    pub fn is_locked(&self, me: &Participant) -> Result<bool> {
        Ok(self.ownership(me)?.owner(me)?.is_some())
    }

    /// How often this thread holds the lock.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn depth(&self, me: &Participant) -> Result<u32> {
        let ownership = self.ownership(me)?;
        match ownership.is_held_by(me) {
            true => Ok(ownership.depth().load()),
            false => Ok(0),
        }
    }

    #[inline]
    pub(super) fn ownership<'a>(&self, me: &'a Participant) -> Result<Ownership<'a>> {
        Ownership::open(me.arena(), self.object.header, HeldBy::Thread)
    }
}

const COUNT_DAMAGED: Error = Error::Corrupt {
    what: "a reentrant lock is held and not counted",
};

fn count_up(me: &Participant, ownership: Ownership<'_>) -> Result<Taken> {
    match ownership.depth().load() {
        0 => Err(COUNT_DAMAGED),
        u32::MAX => Err(Error::AcquiredTooOften),
        depth => {
            ownership.depth().store(depth + 1);
            Ok(Taken {
                hold: Hold::of(me),
                abandoned_by: None,
            })
        }
    }
}

/// Why this thread cannot release it.
#[cold]
pub(super) fn not_held(me: &Participant, ownership: Ownership<'_>) -> Error {
    let owner = match ownership.owner(me) {
        Ok(None) => return Error::NotHeld,
        Ok(Some(owner)) => owner.pid(me.arena()),
        Err(error) => Err(error),
    };
    match owner {
        Ok(pid) => Error::HeldByAnother { pid },
        Err(error) => error,
    }
}
