//! Barriers: so many threads wait until all of them have come.
//!
//! See `README.md` for the protocol and what a kill can leave.

mod arrive;
mod death;
mod end;
mod kind;
mod layout;
mod sleep;
mod state;
mod turn;

use procession_arena::{Error, FIRST_OF_KIND, Handle, Object, Participant, Result};

pub(crate) use kind::BarrierKind;
use layout::Header;
use state::{Stage, State};
pub use turn::{LastTurn, Turn};

use crate::attach::attach;

/// More than can sleep.
const ALL: u32 = u32::MAX >> 1;

/// Operations, as they stand in intents.
mod operation {
    use super::FIRST_OF_KIND;

    /// The phase that the thread takes part in stands beside it.
    pub(super) const ARRIVE: u8 = FIRST_OF_KIND;
    pub(super) const RELEASE: u8 = FIRST_OF_KIND + 1;
    pub(super) const BREAK: u8 = FIRST_OF_KIND + 2;
    pub(super) const RESET: u8 = FIRST_OF_KIND + 3;
}

/// This process's view of a barrier in the arena, at which `parties` threads wait for each other.
///
/// It does not end its hold by itself: whoever created or attached it calls
/// [`detach`](Self::detach) once.
///
/// # If a process dies
///
/// While it waits, or while it acts as the last one: the barrier breaks, and all the others are told. On its
/// way out: nobody else is affected.
#[derive(Debug)]
pub struct Barrier {
    object: Object,
    parties: u16,
}

impl Barrier {
    /// Creates a barrier for so many threads, that this process holds. None counts as one.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`] or [`Error::TooManyObjects`].
    pub fn create(me: &Participant, parties: u16) -> Result<Barrier> {
        let block = me.begin_object(layout::HEADER_BLOCK)?;
        if let Err(error) = write(me, block, parties.max(1)) {
            me.cancel_object()?;
            return Err(error);
        }
        let object = me.finish_object(&BarrierKind, block)?;
        Barrier::open(me, object)
    }

    /// Makes this process a holder of the barrier that `handle` names.
    ///
    /// # Errors
    ///
    /// [`Error::StaleHandle`] if the barrier is gone, [`Error::WrongKind`] if it is something else.
    pub fn attach(me: &Participant, handle: Handle) -> Result<Barrier> {
        let object = attach(me, handle, &BarrierKind)?;
        Barrier::open(me, object)
    }

    fn open(me: &Participant, object: Object) -> Result<Barrier> {
        let header = layout::header(me.arena(), object.header)?;
        let parties = header.word32::<{ layout::PARTIES }>().load();
        match u16::try_from(parties) {
            Ok(parties @ 1..) => Ok(Barrier { object, parties }),
            _ => Err(Error::Corrupt {
                what: "a barrier has an impossible number of parties",
            }),
        }
    }

    /// Ends this hold; with the last one in the session the barrier is freed.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn detach(&self, me: &Participant) -> Result<()> {
        me.detach(self.object.handle)
    }

    /// The barrier's name in every process of the session.
    pub fn handle(&self) -> Handle {
        self.object.handle
    }

    /// How many threads must come.
    pub fn parties(&self) -> u16 {
        self.parties
    }

    /// How many threads wait at this moment.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn n_waiting(&self, me: &Participant) -> Result<u16> {
        Ok(match self.state(self.header(me)?).stage {
            Stage::Gathering(arrived) => arrived,
            Stage::Acting => self.parties - 1,
            Stage::Broken => 0,
        })
    }

    /// Whether the barrier is broken at this moment.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the session is damaged.
    pub fn is_broken(&self, me: &Participant) -> Result<bool> {
        Ok(self.state(self.header(me)?).stage == Stage::Broken)
    }

    #[inline]
    fn header<'a>(&self, me: &'a Participant) -> Result<Header<'a>> {
        layout::header(me.arena(), self.object.header)
    }

    #[inline]
    fn state(&self, header: Header<'_>) -> State {
        State::unpack(header.word64::<{ layout::STATE }>().load(), self.parties)
    }

    /// The commit of everything (invariant 1): false if the state is no longer what it was.
    #[inline]
    fn replace(&self, header: Header<'_>, found: State, next: State) -> bool {
        header
            .word64::<{ layout::STATE }>()
            .compare_exchange(found.pack(self.parties), next.pack(self.parties))
            .is_ok()
    }
}

fn write(me: &Participant, block: u64, parties: u16) -> Result<()> {
    me.arena().window().clear(block, layout::HEADER_BLOCK)?;
    let header = layout::header(me.arena(), block)?;
    header.word32::<{ layout::PARTIES }>().store(parties.into());
    Ok(())
}
