//! A line of shared memory that somebody holds: what locks and reentrant locks have in common.
//!
//! The `README.md` of the lock has the protocol. Nothing here announces an operation: the caller does, since its
//! operation may be one on a condition.

mod introspection;
mod waiting;

use procession_arena::mem::{CACHE_LINE, Region};
use procession_arena::sys::clock::coarse_now;
use procession_arena::{Arena, Event, Participant, ProcessId, Result};

use super::holder::{Hold, Owner, State, abandoned_by};

const SIZE: usize = CACHE_LINE as usize;
/// Bytes of a header block: the line, and room to align it.
pub(super) const HEADER_BLOCK: u64 = 2 * CACHE_LINE;

/// Who holds it: the commit word.
const HOLDER: usize = 0;
/// When it was taken; for introspection only.
const SINCE: usize = 8;
/// Waiters sleep here.
const EVENT: usize = 16;
/// The thread that the last to go to sleep watches; a hint.
const WATCHED: usize = 20;
/// How often the holder holds it, if it counts.
const DEPTH: usize = 24;

/// Whose end ends a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeldBy {
    Process,
    Thread,
}

/// What whoever took a lock is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The hold.
    pub hold: Hold,
    /// The process that held the lock before and ended without releasing it; this is told once.
    pub abandoned_by: Option<u32>,
}

/// A view of such a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ownership<'a> {
    line: Region<'a, SIZE>,
    held_by: HeldBy,
}

impl<'a> Ownership<'a> {
    /// The line in the header block that begins at `block`.
    #[inline]
    pub(super) fn open(arena: &'a Arena, block: u64, held_by: HeldBy) -> Result<Ownership<'a>> {
        Ok(Ownership {
            line: arena.window().region(block.next_multiple_of(CACHE_LINE))?,
            held_by,
        })
    }

    /// Makes a new line that nobody holds.
    pub(super) fn clear(self, arena: &Arena) -> Result<()> {
        arena.window().clear(self.line.offset(), SIZE as u64)
    }

    #[inline]
    fn holder_word(self) -> procession_arena::mem::Word64<'a> {
        self.line.word64::<HOLDER>()
    }

    #[inline]
    fn event(self) -> Event<'a> {
        Event::new(self.line.word32::<EVENT>())
    }

    /// What the holder counts; only the holder may write it.
    #[inline]
    pub(super) fn depth(self) -> procession_arena::mem::Word32<'a> {
        self.line.word32::<DEPTH>()
    }

    /// Whether this very thread holds it.
    #[inline]
    pub(super) fn is_held_by(self, me: &Participant) -> bool {
        self.holder_word().load() == Hold::of(me).word()
    }

    fn state(self) -> Result<State> {
        State::unpack(self.holder_word().load())
    }

    /// Takes it if it is free and nothing is to be told.
    #[inline]
    pub(super) fn take_free(self, me: &Participant) -> Option<Taken> {
        let hold = Hold::of(me);
        match self.holder_word().compare_exchange(0, hold.word()) {
            Ok(()) => Some(self.taken(me, hold, None)),
            Err(_) => None,
        }
    }

    /// Takes it if nobody holds it, or if who holds it has ended.
    fn try_take(self, me: &Participant) -> Result<Option<Taken>> {
        let hold = Hold::of(me);
        let mut found = self.holder_word().load();
        loop {
            let abandoned_by = match State::unpack(found)? {
                State::Free => None,
                State::Abandoned { pid } => Some(pid),
                State::Held(owner) if self.has_ended(me, owner)? => Some(owner.pid(me.arena())?),
                State::Held(_) => return Ok(None),
            };
            match self.holder_word().compare_exchange(found, hold.word()) {
                Ok(()) => return Ok(Some(self.taken(me, hold, abandoned_by))),
                Err(newer) => found = newer,
            }
        }
    }

    #[inline]
    fn taken(self, me: &Participant, hold: Hold, abandoned_by: Option<u32>) -> Taken {
        self.line.word64::<SINCE>().store(coarse_now());
        if self.event().may_have_sleepers() {
            self.be_watched(me);
        }
        Taken { hold, abandoned_by }
    }

    /// Whether the holder has ended without releasing it.
    fn has_ended(self, me: &Participant, owner: Owner) -> Result<bool> {
        let arena = me.arena();
        if !arena.is_dead(owner.thread)? {
            return Ok(false);
        }
        match self.held_by {
            HeldBy::Thread => Ok(true),
            HeldBy::Process => match owner.process(arena)? {
                Some(process) => arena.has_ended(process),
                None => Ok(true),
            },
        }
    }

    /// Ends this hold; false if it is not the present one.
    #[inline]
    pub(super) fn give_back(self, hold: Hold) -> bool {
        if self.holder_word().load() != hold.word() {
            return false;
        }
        self.line.word64::<SINCE>().store(0);
        let released = self.holder_word().compare_exchange(hold.word(), 0).is_ok();
        if released {
            self.event().notify(1);
        }
        released
    }

    /// Ends the hold of whoever has it; false if nobody does who lives.
    pub(super) fn give_back_anybodys(self, me: &Participant) -> Result<bool> {
        let mut found = self.holder_word().load();
        loop {
            match State::unpack(found)? {
                State::Held(owner) if !self.has_ended(me, owner)? => {}
                State::Held(_) | State::Free | State::Abandoned { .. } => return Ok(false),
            }
            match self.holder_word().compare_exchange(found, 0) {
                Ok(()) => {
                    self.event().notify(1);
                    return Ok(true);
                }
                Err(newer) => found = newer,
            }
        }
    }

    /// Makes it free as if whoever died holding it had released it, so that nobody is told; false if nobody has.
    pub(super) fn give_back_abandoned(self, me: &Participant) -> Result<bool> {
        let mut found = self.holder_word().load();
        loop {
            match State::unpack(found)? {
                State::Abandoned { .. } => {}
                State::Held(owner) if self.has_ended(me, owner)? => {}
                State::Held(_) | State::Free => return Ok(false),
            }
            match self.holder_word().compare_exchange(found, 0) {
                Ok(()) => {
                    self.event().notify(1);
                    return Ok(true);
                }
                Err(newer) => found = newer,
            }
        }
    }

    /// Notes that `process` has no part in it any more: if it holds it, it abandons it.
    pub(super) fn process_gone(self, process: ProcessId, pid: u32) -> Result<()> {
        let found = self.holder_word().load();
        if let State::Held(owner) = State::unpack(found)?
            && owner.is_of(process)
        {
            // Failing is right: somebody has found it dead, and taken over.
            let _ = self
                .holder_word()
                .compare_exchange(found, abandoned_by(pid));
        }
        // Also if another reaper was killed after the exchange.
        if self.event().may_have_sleepers() {
            self.wake_everybody();
        }
        Ok(())
    }

    /// Wakes everybody who waits for it.
    pub(super) fn wake_everybody(self) {
        self.event().notify_all();
    }
}
