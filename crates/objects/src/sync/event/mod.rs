//! Events: a flag that any number of threads wait for.
//!
//! See `README.md` for the protocol and what a kill can leave.

mod kind;
mod layout;

use procession_arena::{Error, FIRST_OF_KIND, Handle, Object, Participant, Result, Wait};

pub(crate) use kind::EventKind;
use layout::Header;

use crate::attach::attach;
use crate::under_way::UnderWay;

/// In the state word: it is set.
const SET: u64 = 1;
/// In the state word: once more.
const ONCE: u64 = 2;
/// More than can sleep.
const ALL: u32 = u32::MAX >> 1;

/// Operations, as they stand in intents.
mod operation {
    use super::FIRST_OF_KIND;

    pub(super) const SET: u8 = FIRST_OF_KIND;
    pub(super) const CLEAR: u8 = FIRST_OF_KIND + 1;
    pub(super) const WAIT: u8 = FIRST_OF_KIND + 2;
}

/// This process's view of an event in the arena: a flag that threads wait for.
///
/// It does not end its hold by itself: whoever created or attached it calls
/// [`detach`](Self::detach) once.
///
/// # If a process dies
///
/// Inside `set` or `clear`: the event is as before or as after, and if it is set, everybody goes on. While
/// it waits: nobody else is affected.
#[derive(Debug)]
pub struct Event {
    object: Object,
}

impl Event {
    /// Creates an event that is not set, and that this process holds.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`] or [`Error::TooManyObjects`].
    pub fn create(me: &Participant) -> Result<Event> {
        let block = me.begin_object(layout::HEADER_BLOCK)?;
        if let Err(error) = me.arena().window().clear(block, layout::HEADER_BLOCK) {
            me.cancel_object()?;
            return Err(error);
        }
        let object = me.finish_object(&EventKind, block)?;
        Ok(Event { object })
    }

    /// Makes this process a holder of the event that `handle` names.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if the event is gone, [`Error::WrongKind`] if it is something else.
    pub fn attach(me: &Participant, handle: Handle) -> Result<Event> {
        let object = attach(me, handle, &EventKind)?;
        Ok(Event { object })
    }

    /// Ends this hold; with the last one in the session the event is freed.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn detach(&self, me: &Participant) -> Result<()> {
        me.detach(self.object.handle)
    }

    /// The event's name in every process of the session.
    pub fn handle(&self) -> Handle {
        self.object.handle
    }

    /// Sets the event: everybody who waits goes on, and whoever comes does not wait, until it is cleared.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn set(&self, me: &Participant) -> Result<()> {
        let _under_way = UnderWay::begin(me, operation::SET, self.object.handle)?;
        let header = self.header(me)?;
        let state = header.word64::<{ layout::STATE }>();
        let mut found = state.load();
        while found & SET == 0 {
            match state.compare_exchange(found, found.wrapping_add(ONCE) | SET) {
                Ok(()) => {
                    header
                        .word32::<{ layout::LAST_SETTER }>()
                        .store(me.token().bits());
                    me.spoke();
                    layout::waiters(header).notify(ALL);
                    break;
                }
                Err(newer) => found = newer,
            }
        }
        Ok(())
    }

    /// Clears the event: whoever comes from now on waits.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn clear(&self, me: &Participant) -> Result<()> {
        let _under_way = UnderWay::begin(me, operation::CLEAR, self.object.handle)?;
        self.header(me)?
            .word64::<{ layout::STATE }>()
            .fetch_and(!SET);
        Ok(())
    }

    /// Whether the event is set at this moment.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn is_set(&self, me: &Participant) -> Result<bool> {
        Ok(self.header(me)?.word64::<{ layout::STATE }>().load() & SET != 0)
    }

    /// Waits until the event is set, even if it is cleared again at once.
    ///
    /// # Errors
    ///
    /// [`Error::TimedOut`]; with [`Wait::Never`] if it is not set.
    pub fn wait(&self, me: &Participant, wait: Wait) -> Result<()> {
        let _under_way = UnderWay::begin(me, operation::WAIT, self.object.handle)?;
        let header = self.header(me)?;
        let state = header.word64::<{ layout::STATE }>();
        let before = state.load();
        if before & SET != 0 {
            return Ok(());
        }
        me.heard(header.word32::<{ layout::LAST_SETTER }>().load());
        // Not set at first: so whatever it is later, it was set in between.
        let was_set = || Ok((state.load() != before).then_some(()));
        layout::waiters(header)
            .wait_for(me, wait, was_set)?
            .ok_or(Error::TimedOut)
    }

    #[inline]
    fn header<'a>(&self, me: &'a Participant) -> Result<Header<'a>> {
        layout::header(me.arena(), self.object.header)
    }
}
