//! Conditions: waiting, with a lock given up meanwhile, until somebody notifies.
//!
//! See `README.md` for the protocol and what a kill can leave.

mod guarded;
mod kind;
mod layout;
mod line;
mod notify;
mod recovery;
mod wait;
mod waiting;

use procession_arena::{Error, FIRST_OF_KIND, Handle, Object, ObjectKind, Participant, Result};

use guarded::Guarded;
pub(crate) use kind::ConditionKind;
use layout::Header;
pub use wait::{Waited, Waiting};

use crate::sync::{Lock, ReentrantLock};

/// Operations, as they stand in intents.
mod operation {
    use super::FIRST_OF_KIND;

    /// Getting in line; not in it yet.
    pub(super) const ENTER: u8 = FIRST_OF_KIND;
    /// In line, or notified, with the ticket in the intent's count; without one: neither.
    pub(super) const WAIT: u8 = FIRST_OF_KIND + 1;
    pub(super) const NOTIFY: u8 = FIRST_OF_KIND + 2;
}

/// This process's view of a condition in the arena, and of the lock that goes with it.
///
/// It does not end its hold by itself: whoever created or attached it calls
/// [`detach`](Self::detach) once.
///
/// # If a process dies
///
/// While it waits: the others are not affected; if it was notified and had not returned yet, another
/// one is notified in its place. While it notifies: those that it had notified return, all of them
/// or none.
#[derive(Debug)]
pub struct Condition {
    object: Object,
    guarded: Guarded,
    lock: Handle,
}

impl Condition {
    /// Creates a condition that goes with `lock`; this process holds both.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`] or [`Error::TooManyObjects`].
    pub fn create(me: &Participant, lock: &Lock) -> Result<Condition> {
        Condition::create_for(me, lock.handle())
    }

    /// Creates a condition that goes with a reentrant lock; this process holds both.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub fn create_for_reentrant(me: &Participant, lock: &ReentrantLock) -> Result<Condition> {
        Condition::create_for(me, lock.handle())
    }

    fn create_for(me: &Participant, lock: Handle) -> Result<Condition> {
        me.note_sent(lock)?;
        let guarded = attach_guarded(me, lock)?;
        match Condition::enter_table(me, lock) {
            Ok(object) => Ok(Condition {
                object,
                guarded,
                lock,
            }),
            Err(error) => {
                me.detach(lock)?;
                Err(error)
            }
        }
    }

    fn enter_table(me: &Participant, lock: Handle) -> Result<Object> {
        let block = me.begin_object(layout::HEADER_BLOCK)?;
        if let Err(error) = Condition::write(me, block, lock) {
            me.cancel_object()?;
            return Err(error);
        }
        me.finish_object(&ConditionKind, block)
    }

    fn write(me: &Participant, block: u64, lock: Handle) -> Result<()> {
        let header = layout::header(me.arena(), block)?;
        let window = me.arena().window();
        window.clear(header.offset(), layout::HEADER_SIZE as u64)?;
        header.word64::<{ layout::GUARDED }>().store(lock.pack());
        // Zero is no ticket.
        header.word64::<{ layout::NEXT }>().store(1);
        header.word64::<{ layout::UPTO }>().store(1);
        Ok(())
    }

    /// Makes this process a holder of the condition that `handle` names, and of its lock.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if the condition is gone, [`Error::WrongKind`] if it is something
    /// else.
    pub fn attach(me: &Participant, handle: Handle) -> Result<Condition> {
        let (object, kind) = me.attach(handle)?;
        let attached = match kind.tag() {
            kind::TAG => Condition::with_guarded(me, object),
            _ => Err(Error::WrongKind {
                handle,
                expected: kind::NAME,
                found: kind.name(),
            }),
        };
        if attached.is_err() {
            me.detach(handle)?;
        }
        attached
    }

    fn with_guarded(me: &Participant, object: Object) -> Result<Condition> {
        let header = layout::header(me.arena(), object.header)?;
        let lock = Handle::unpack(header.word64::<{ layout::GUARDED }>().load());
        Ok(Condition {
            object,
            guarded: attach_guarded(me, lock)?,
            lock,
        })
    }

    /// Ends this hold, and that of the lock; what nobody holds is freed.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the condition or its lock is damaged.
    pub fn detach(&self, me: &Participant) -> Result<()> {
        me.detach(self.object.handle)?;
        me.detach(self.lock)
    }

    /// The condition's name in every process of the session.
    pub fn handle(&self) -> Handle {
        self.object.handle
    }

    /// The name of the lock that goes with it.
    pub fn lock_handle(&self) -> Handle {
        self.lock
    }

    /// The lock that goes with it, unless that is a reentrant one.
    pub fn lock(&self) -> Option<&Lock> {
        match &self.guarded {
            Guarded::Lock(lock) => Some(lock),
            Guarded::Reentrant(_) => None,
        }
    }

    /// The reentrant lock that goes with it, if it is one.
    pub fn reentrant_lock(&self) -> Option<&ReentrantLock> {
        match &self.guarded {
            Guarded::Lock(_) => None,
            Guarded::Reentrant(lock) => Some(lock),
        }
    }

    fn header<'a>(&self, me: &'a Participant) -> Result<Header<'a>> {
        layout::header(me.arena(), self.object.header)
    }
}

/// Makes this process a holder of the lock that goes with a condition.
fn attach_guarded(me: &Participant, lock: Handle) -> Result<Guarded> {
    let (object, kind): (Object, &'static dyn ObjectKind) = me.attach(lock)?;
    let guarded = Guarded::of(object, kind);
    if guarded.is_err() {
        me.detach(lock)?;
    }
    guarded
}
