//! Who holds a lock, in one word.

use procession_arena::{Arena, Error, Participant, ProcessId, Result, ThreadToken};

/// Set in the word of a free lock whose last holder died; its pid stands in the lower half.
const ABANDONED: u64 = 1 << 63;
/// What of a process's generation stands in the word.
const GENERATION_BITS: u32 = 0x7fff;

/// One hold of a lock by one thread, as it stands in the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold(u64);

/// Who holds a lock, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// When it took the lock, on the machine's
    /// [coarse clock](procession_arena::sys::clock::coarse_now).
    pub since: u64,
}

/// What a lock's word says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Free,
    /// Free, and the next holder is to be told that this process died holding it.
    Abandoned {
        pid: u32,
    },
    Held(Owner),
}

/// The holder that a lock's word names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// The thread that took it.
    pub(super) thread: ThreadToken,
    /// The slot of its process.
    process: u16,
    /// The low bits of that slot's generation.
    generation: u32,
}

impl Hold {
    /// A hold by this thread.
    #[inline]
    pub(super) fn of(me: &Participant) -> Hold {
        let process = me.process();
        let generation = u64::from(process.generation & GENERATION_BITS);
        Hold(generation << 48 | (u64::from(process.index) + 1) << 32 | u64::from(me.token().bits()))
    }

    pub(super) fn from_word(word: u64) -> Hold {
        Hold(word)
    }

    #[inline]
    pub(super) fn word(self) -> u64 {
        self.0
    }

    /// Whether it is a hold by this thread's process.
    #[inline]
    pub(super) fn is_of_process_of(self, me: &Participant) -> bool {
        self.0 >> 32 == Hold::of(me).0 >> 32
    }
}

impl State {
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the word can mean nothing.
    pub(super) fn unpack(word: u64) -> Result<State> {
        if word == 0 {
            return Ok(State::Free);
        }
        if word & ABANDONED != 0 {
            return Ok(State::Abandoned { pid: word as u32 });
        }
        let process = ((word >> 32) as u16).checked_sub(1);
        match (ThreadToken::from_bits(word as u32)?, process) {
            (Some(thread), Some(process)) => Ok(State::Held(Owner {
                thread,
                process,
                generation: (word >> 48) as u32,
            })),
            _ => Err(Error::Corrupt {
                what: "a lock names no possible holder",
            }),
        }
    }
}

/// The word of a lock that a process left behind when it died.
pub(super) fn abandoned_by(pid: u32) -> u64 {
    ABANDONED | u64::from(pid)
}

impl Owner {
    /// Whether this names a thread of `process`.
    pub(super) fn is_of(self, process: ProcessId) -> bool {
        self.process == process.index && self.generation == process.generation & GENERATION_BITS
    }

    /// The process; `None` once its slot is another one's.
    pub(super) fn process(self, arena: &Arena) -> Result<Option<ProcessId>> {
        Ok(arena
            .process_at(self.process)?
            .filter(|process| self.is_of(*process)))
    }

    /// Its pid; zero if the process was forgotten already.
    pub(super) fn pid(self, arena: &Arena) -> Result<u32> {
        let process = self.process(arena)?;
        Ok(process.and_then(|its| arena.pid_of(its)).unwrap_or(0))
    }
}
