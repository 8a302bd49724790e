//! Whom a sleeper waits for, and how the kernel tells it of that thread's death.
//!
//! Each thread has a life word, which the kernel flags when the thread ends, whereupon it wakes one
//! sleeper of that word (see the registry's `README.md`). So whoever waits for one certain thread sleeps
//! on two words at once: the event, and that life word.

use std::time::Duration;

use super::{GLANCE, SLICE};
use crate::error::Result;
use crate::mem::Word32;
use crate::registry::{Participant, ThreadToken};

/// The thread that a sleeper watches.
#[derive(Debug, Default)]
pub(super) struct Watch {
    now: Option<ThreadToken>,
    /// The thread watched in the sleep before this one.
    before: Option<ThreadToken>,
    /// A thread that was found dead: whoever names it still has not heard of it.
    dead: Option<ThreadToken>,
}

impl Watch {
    /// Turns to another thread; true if it is dead and this is news.
    pub(super) fn found_dead(
        &mut self,
        me: &Participant,
        thread: Option<ThreadToken>,
    ) -> Result<bool> {
        self.before = self.now;
        self.now = thread;
        let Some(thread) = thread.filter(|&thread| me.arena().is_dead(thread).unwrap_or(true))
        else {
            return Ok(false);
        };
        // Somebody else may be reaping it at this moment, and will wake this thread when done.
        let news = self.dead != Some(thread);
        self.dead = Some(thread);
        self.now = None;
        Ok(news)
    }

    /// How long to sleep at most.
    pub(super) fn slice(&self) -> Duration {
        match self.now == self.before {
            true => SLICE,
            false => GLANCE,
        }
    }

    /// The watched thread's life word, and what it holds while the thread lives.
    pub(super) fn life_word<'a>(&self, me: &'a Participant) -> Result<Option<(Word32<'a>, u32)>> {
        match self.now {
            Some(thread) => me.arena().life_word_of(thread),
            None => Ok(None),
        }
    }
}
