//! Semaphores: so many permits, which any number of threads acquire and release.
//!
//! See `README.md` for the protocol and what a kill can leave.

mod acquire;
mod attributed;
mod kind;
mod layout;
mod release;

use procession_arena::{Error, FIRST_OF_KIND, Handle, Object, Participant, Result};

pub(crate) use kind::SemaphoreKind;
use layout::Header;

use crate::attach::attach;

/// What a release may do, and what becomes of the permits of a process that dies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PermitRule {
    /// Anybody releases as many as he likes; more than were taken are new ones.
    #[default]
    Plain,
    /// Anybody releases, but never more than are taken.
    Bounded,
    /// Each process releases what it has acquired itself; what it holds when it dies comes back.
    Attributed,
}

/// Operations, as they stand in intents.
mod operation {
    use super::FIRST_OF_KIND;

    pub(super) const ACQUIRE: u8 = FIRST_OF_KIND;
    pub(super) const RELEASE: u8 = FIRST_OF_KIND + 1;
    /// Taking back what a process held that has no part in it any more.
    pub(super) const TAKE_BACK: u8 = FIRST_OF_KIND + 2;
}

/// This process's view of a semaphore in the arena.
///
/// It does not end its hold by itself: whoever created or attached it calls
/// [`detach`](Self::detach) once.
///
/// # If a process dies
///
/// With permits: they come back if the semaphore is [attributed](PermitRule::Attributed), and are lost to
/// the others otherwise, since nobody knows whose they were. Inside `acquire` or `release`: it happened, or it
/// did not. While it waits: nobody else is affected.
#[derive(Debug)]
pub struct Semaphore {
    object: Object,
    rule: PermitRule,
    total: u32,
}

impl Semaphore {
    /// Creates a semaphore with so many permits, that this process holds.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`] or [`Error::TooManyObjects`].
    pub fn create(me: &Participant, permits: u32, rule: PermitRule) -> Result<Semaphore> {
        let size = layout::block_size(me.arena(), rule == PermitRule::Attributed);
        let block = me.begin_object(size)?;
        if let Err(error) = write(me, block, size, permits, rule) {
            me.cancel_object()?;
            return Err(error);
        }
        let object = me.finish_object(&SemaphoreKind, block)?;
        Semaphore::open(me, object)
    }

    /// Makes this process a holder of the semaphore that `handle` names.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if the semaphore is gone, [`Error::WrongKind`] if it is something else.
    pub fn attach(me: &Participant, handle: Handle) -> Result<Semaphore> {
        let object = attach(me, handle, &SemaphoreKind)?;
        Semaphore::open(me, object)
    }

    fn open(me: &Participant, object: Object) -> Result<Semaphore> {
        let header = layout::header(me.arena(), object.header)?;
        let rule = match header.word32::<{ layout::RULE }>().load() {
            0 => PermitRule::Plain,
            1 => PermitRule::Bounded,
            2 => PermitRule::Attributed,
            _ => {
                return Err(Error::Corrupt {
                    what: "a semaphore has no known rule",
                });
            }
        };
        Ok(Semaphore {
            object,
            rule,
            total: header.word32::<{ layout::TOTAL }>().load(),
        })
    }

    /// Ends this hold; with the last one in the session the semaphore is freed.
    ///
    /// With the last one of this process its attributed permits come back.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the semaphore is damaged.
    pub fn detach(&self, me: &Participant) -> Result<()> {
        me.detach(self.object.handle)
    }

    /// The semaphore's name in every process of the session.
    pub fn handle(&self) -> Handle {
        self.object.handle
    }

    /// What a release may do.
    pub fn rule(&self) -> PermitRule {
        self.rule
    }

    /// Permits that the semaphore was created with.
    pub fn initial(&self) -> u32 {
        self.total
    }

    /// Permits that are free at this moment.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the semaphore is damaged.
    pub fn value(&self, me: &Participant) -> Result<u32> {
        let header = self.header(me)?;
        match self.rule {
            PermitRule::Plain | PermitRule::Bounded => {
                Ok(header.word32::<{ layout::PERMITS }>().load())
            }
            PermitRule::Attributed => {
                let held = self.held_by_all(me, header)?;
                // Others release while this adds up.
                Ok(u64::from(self.total).saturating_sub(held) as u32)
            }
        }
    }

    /// Makes the lock somebody's who lives, and wakes everybody; nothing else can be amiss.
    fn recover(&self, me: &Participant) -> Result<()> {
        let header = self.header(me)?;
        drop(layout::lock(header).acquire(me, || Ok(()))?);
        layout::waiters(header).notify_all();
        Ok(())
    }

    #[inline]
    fn header<'a>(&self, me: &'a Participant) -> Result<Header<'a>> {
        layout::header(me.arena(), self.object.header)
    }
}

fn write(me: &Participant, block: u64, size: u64, permits: u32, rule: PermitRule) -> Result<()> {
    me.arena().window().clear(block, size)?;
    let header = layout::header(me.arena(), block)?;
    header.word32::<{ layout::RULE }>().store(match rule {
        PermitRule::Plain => 0,
        PermitRule::Bounded => 1,
        PermitRule::Attributed => 2,
    });
    header.word32::<{ layout::TOTAL }>().store(permits);
    header.word32::<{ layout::PERMITS }>().store(permits);
    Ok(())
}
