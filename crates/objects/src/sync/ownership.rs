//! A line of shared memory that somebody holds: what locks and reentrant locks have in common.
//!
//! `lock/README.md` has the protocol. Nothing here announces an operation: the caller does, since its
//! operation may be one on a condition.

use procession_arena::mem::{CACHE_LINE, Region};
use procession_arena::sys::clock::coarse_now;
use procession_arena::{Arena, Event, Participant, ProcessId, Result, ThreadToken, Wait};

use super::holder::{Hold, Holder, Owner, State, abandoned_by};

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

/// Looks at a holder that keeps changing, before it counts as held by somebody or other.
const LOOKS: u32 = 8;

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

    /// The hold that this thread's process has of it.
    pub(super) fn hold_of_process_of(self, me: &Participant) -> Result<Option<Hold>> {
        let word = self.holder_word().load();
        Ok(match State::unpack(word)? {
            State::Held(owner) if owner.is_of(me.process()) => Some(Hold::from_word(word)),
            State::Held(_) | State::Free | State::Abandoned { .. } => None,
        })
    }

    fn state(self) -> Result<State> {
        State::unpack(self.holder_word().load())
    }

    /// Takes it if nobody holds it, or if who holds it has ended.
    #[inline]
    pub(super) fn try_take(self, me: &Participant) -> Result<Option<Taken>> {
        let hold = Hold::of(me);
        match self.holder_word().compare_exchange(0, hold.word()) {
            Ok(()) => Ok(Some(self.taken(me, hold, None))),
            Err(found) => self.try_take_over(me, hold, found),
        }
    }

    #[cold]
    fn try_take_over(self, me: &Participant, hold: Hold, found: u64) -> Result<Option<Taken>> {
        let mut found = found;
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

    /// Sees to it that of those who sleep at least one watches this thread.
    #[cold]
    fn be_watched(self, me: &Participant) {
        if self.line.word32::<WATCHED>().load() != me.token().bits() {
            self.event().notify(1);
        }
    }

    /// Takes it as soon as nobody holds it, or who holds it has ended; `None` if the time is over.
    #[inline]
    pub(super) fn take(self, me: &Participant, wait: Wait) -> Result<Option<Taken>> {
        match self.try_take(me)? {
            None if wait != Wait::Never => self.take_waiting(me, wait),
            outcome => Ok(outcome),
        }
    }

    /// As [`take`](Self::take), however long it takes.
    pub(super) fn take_always(self, me: &Participant) -> Result<Taken> {
        loop {
            if let Some(taken) = self.take(me, Wait::Forever)? {
                return Ok(taken);
            }
        }
    }

    #[cold]
    fn take_waiting(self, me: &Participant, wait: Wait) -> Result<Option<Taken>> {
        if let State::Held(owner) = self.state()? {
            me.heard(owner.thread.bits());
        }
        let taken =
            self.event()
                .wait_for_watching(me, wait, || self.watched(me), || self.try_take(me))?;
        if taken.is_none() {
            // It may have been the one that watched the holder.
            self.event().notify(1);
        }
        Ok(taken)
    }

    /// The thread whose end may end the hold.
    fn watched(self, me: &Participant) -> Result<Option<ThreadToken>> {
        let State::Held(owner) = self.state()? else {
            return Ok(None);
        };
        let arena = me.arena();
        let thread = match self.held_by {
            HeldBy::Process if arena.is_dead(owner.thread)? => match owner.process(arena)? {
                Some(process) => arena.living_thread_of(process)?,
                None => None,
            },
            HeldBy::Process | HeldBy::Thread => Some(owner.thread),
        };
        let bits = thread.map_or(0, ThreadToken::bits);
        self.line.word32::<WATCHED>().store(bits);
        Ok(thread)
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

    /// The living holder.
    pub(super) fn owner(self, me: &Participant) -> Result<Option<Owner>> {
        match self.state()? {
            State::Held(owner) if !self.has_ended(me, owner)? => Ok(Some(owner)),
            State::Held(_) | State::Free | State::Abandoned { .. } => Ok(None),
        }
    }

    /// Who holds it, and since when.
    pub(super) fn holder(self, me: &Participant) -> Result<Option<Holder>> {
        for _ in 0..LOOKS {
            let before = self.holder_word().load();
            let since = match self.line.word64::<SINCE>().load() {
                // Taken or released at this very moment.
                0 => coarse_now(),
                since => since,
            };
            let Some(owner) = self.owner(me)? else {
                return Ok(None);
            };
            let pid = owner.pid(me.arena())?;
            if self.holder_word().load() == before {
                return Ok(Some(Holder { pid, since }));
            }
        }
        let pid = match self.owner(me)? {
            Some(owner) => owner.pid(me.arena())?,
            None => return Ok(None),
        };
        Ok(Some(Holder {
            pid,
            since: coarse_now(),
        }))
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
