//! The lock of the arena: one word that names its owner. See `README.md` for the protocol.
//!
//! It guards short sections of procession's own code (invariant 3): nothing in them blocks for long
//! or runs code of the user, and they nest only object, then heap, then growth.

use std::time::Duration;

use crate::error::Result;
use crate::mem::{Word32, looks};
use crate::registry::{Participant, ThreadToken};

/// Set while somebody may sleep on the word.
const WAITERS: u32 = 1 << 31;
/// Looks at a taken lock before sleeping; a section is far shorter than a sleep.
const SPINS: u32 = 40;
/// A sleeper looks after this time whether the owner has died.
const SLICE: Duration = Duration::from_millis(5);

/// A lock word in shared memory.
#[derive(Clone, Copy, Debug)]
pub struct Lock<'a> {
    word: Word32<'a>,
}

/// The right to be inside; given back when dropped.
#[derive(Debug)]
#[must_use = "the lock is released at once if the guard is dropped"]
pub struct Guard<'a> {
    word: Word32<'a>,
    /// What the word held when the lock was taken from a dead owner.
    stolen_from: Option<u32>,
}

impl<'a> Lock<'a> {
    /// Views a word as a lock; zero is "free".
    #[inline]
    pub fn new(word: Word32<'a>) -> Lock<'a> {
        Lock { word }
    }

    /// Takes the lock, from a dead owner if need be; `recover` then repairs what it left.
    ///
    /// # Errors
    ///
    /// What `recover` returns, or [`Error::Corrupt`](crate::Error::Corrupt) if the word names no
    /// possible owner.
    ///
    /// # If a process dies
    ///
    /// The owner: the next one to come takes the lock over and runs `recover` first. Whoever
    /// recovers may die as well; then it is the owner that died, and the next one recovers.
    #[inline]
    pub fn acquire(
        self,
        me: &Participant,
        recover: impl FnOnce() -> Result<()>,
    ) -> Result<Guard<'a>> {
        if self.word.compare_exchange(0, me.token().bits()).is_ok() {
            return Ok(Guard {
                word: self.word,
                stolen_from: None,
            });
        }
        self.acquire_slowly(me)?.recovered_by(recover)
    }

    /// Takes the lock only if it is free or its owner is dead.
    ///
    /// # Errors
    ///
    /// As [`acquire`](Self::acquire).
    pub fn try_acquire(
        self,
        me: &Participant,
        recover: impl FnOnce() -> Result<()>,
    ) -> Result<Option<Guard<'a>>> {
        let own = me.token().bits();
        let found = match self.word.compare_exchange(0, own) {
            Ok(()) => {
                return Ok(Some(Guard {
                    word: self.word,
                    stolen_from: None,
                }));
            }
            Err(found) => found,
        };
        if !self.owner_is_dead(me, found)? || !self.steal(me, found) {
            return Ok(None);
        }
        let guard = Guard {
            word: self.word,
            stolen_from: Some(found),
        };
        guard.recovered_by(recover).map(Some)
    }

    /// True if the lock is held by the thread that `token` names.
    pub fn is_held_by(self, token: ThreadToken) -> bool {
        self.word.load() & !WAITERS == token.bits()
    }

    #[cold]
    fn acquire_slowly(self, me: &Participant) -> Result<Guard<'a>> {
        let mut spins = 0;
        // Once asleep, a thread cannot know whether others sleep too, so it keeps the bit set.
        let mut own = me.token().bits();
        loop {
            let found = self.word.load();
            if found & !WAITERS == 0 {
                if self
                    .word
                    .compare_exchange(found, own | found & WAITERS)
                    .is_ok()
                {
                    return Ok(Guard {
                        word: self.word,
                        stolen_from: None,
                    });
                }
            } else if spins < looks(SPINS) {
                spins += 1;
                std::hint::spin_loop();
            } else if self.owner_is_dead(me, found)? {
                if self.steal(me, found) {
                    return Ok(Guard {
                        word: self.word,
                        stolen_from: Some(found),
                    });
                }
            } else if found & WAITERS != 0
                || self.word.compare_exchange(found, found | WAITERS).is_ok()
            {
                own |= WAITERS;
                self.word.wait(found | WAITERS, SLICE);
            }
        }
    }

    fn owner_is_dead(self, me: &Participant, word: u32) -> Result<bool> {
        match ThreadToken::from_bits(word & !WAITERS)? {
            Some(owner) => me.arena().is_dead(owner),
            None => Ok(false),
        }
    }

    /// Only one thief's exchange can succeed, since the word names the dead owner (invariant 2).
    fn steal(self, me: &Participant, dead: u32) -> bool {
        self.word
            .compare_exchange(dead, me.token().bits() | WAITERS)
            .is_ok()
    }
}

impl Guard<'_> {
    /// Has the successor of a dead owner recover what that left.
    ///
    /// If it cannot, the lock goes back to the dead: what is damaged must not pass for sound.
    fn recovered_by(self, recover: impl FnOnce() -> Result<()>) -> Result<Self> {
        let Some(dead) = self.stolen_from else {
            return Ok(self);
        };
        match recover() {
            Ok(()) => Ok(self),
            Err(error) => {
                self.word.store(dead | WAITERS);
                std::mem::forget(self);
                Err(error)
            }
        }
    }
}

impl Drop for Guard<'_> {
    #[inline]
    fn drop(&mut self) {
        // The exchange is a full fence: whoever reads an event's flag after this either sees the
        // flag of a waiter, or that waiter sees what was committed under the lock (rule W2).
        let word = self.word.swap(0);
        if word & WAITERS != 0 {
            self.word.wake(1);
        }
    }
}
