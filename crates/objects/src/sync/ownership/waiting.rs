//! Waiting for a lock, in sight of whoever holds it.

use procession_arena::{Participant, Result, ThreadToken, Wait};

use super::{HeldBy, Ownership, Taken, WATCHED};
use crate::sync::holder::State;

impl Ownership<'_> {
    /// Takes it as soon as nobody holds it, or who holds it has ended; `None` if the time is over.
    #[cold]
    pub(in crate::sync) fn take(self, me: &Participant, wait: Wait) -> Result<Option<Taken>> {
        match self.try_take(me)? {
            None if wait != Wait::Never => self.take_waiting(me, wait),
            outcome => Ok(outcome),
        }
    }

    /// As [`take`](Self::take), however long it takes.
    pub(in crate::sync) fn take_always(self, me: &Participant) -> Result<Taken> {
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

    /// Sees to it that of those who sleep at least one watches this thread.
    #[cold]
    pub(super) fn be_watched(self, me: &Participant) {
        if self.line.word32::<WATCHED>().load() != me.token().bits() {
            self.event().notify(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
    use std::thread;
    use std::time::{Duration, Instant};

    use procession_arena::{Arena, ArenaConfig, Error, Participant, Result, Wait};

    use crate::sync::Lock;
    use crate::sync::ownership::{EVENT, WATCHED};

    fn wait_until(mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
        let end = Instant::now() + Duration::from_secs(60);
        while !is_so()? {
            if Instant::now() > end {
                return Err(Error::TimedOut);
            }
            thread::yield_now();
        }
        Ok(())
    }

    fn watched(lock: &Lock, me: &Participant) -> Result<u32> {
        Ok(lock.ownership(me)?.line.word32::<WATCHED>().load())
    }

    fn arena() -> Result<Arc<Arena>> {
        let config = ArenaConfig {
            memory_cap: 8 << 20,
            max_processes: 4,
            max_threads: 16,
        };
        Arena::create(&config, crate::KINDS)
    }

    /// Otherwise its death would come to light only at the end of a slice.
    #[test]
    fn whoever_takes_the_lock_unwatched_wakes_one_that_sleeps() -> Result<()> {
        /// The flag of the event: somebody may sleep.
        const MAY_SLEEP: u32 = 1;
        let arena = arena()?;
        let me = arena.register_thread(arena.register_root()?)?;
        let lock = Lock::create(&me)?;
        let line = lock.ownership(&me)?.line;
        for (watched, wakes) in [(0, true), (me.token().bits(), false)] {
            line.word32::<EVENT>().store(MAY_SLEEP);
            line.word32::<WATCHED>().store(watched);
            lock.acquire(&me, Wait::Never)?;
            assert_eq!(line.word32::<EVENT>().load() != MAY_SLEEP, wakes);
            lock.release(&me)?;
        }
        lock.detach(&me)
    }

    /// The lock changes hands while two sleep: the one that goes on sleeping watches the new holder.
    #[test]
    fn whoever_holds_the_lock_is_watched_by_one_that_sleeps() -> Result<()> {
        let arena = arena()?;
        let process = arena.register_root()?;
        let me = arena.register_thread(process)?;
        let lock = Lock::create(&me)?;
        let end = Instant::now() + Duration::from_secs(60);
        let hold = lock.acquire(&me, Wait::Never)?.hold;
        let (holder, told) = (AtomicU32::new(0), AtomicBool::new(false));
        thread::scope(|scope| -> Result<()> {
            let sleep_and_hold = || -> Result<bool> {
                let me = arena.register_thread(process)?;
                let hold = lock.acquire(&me, Wait::Until(end))?.hold;
                holder.store(me.token().bits(), Ordering::Release);
                wait_until(|| Ok(told.load(Ordering::Acquire)))?;
                lock.release_hold(&me, hold)
            };
            let sleepers = [scope.spawn(sleep_and_hold), scope.spawn(sleep_and_hold)];
            wait_until(|| Ok(arena.sleeping_threads()? == 2))?;
            assert_eq!(watched(&lock, &me)?, me.token().bits());
            lock.release_hold(&me, hold)?;
            wait_until(|| Ok(holder.load(Ordering::Acquire) != 0))?;
            wait_until(|| Ok(watched(&lock, &me)? == holder.load(Ordering::Acquire)))?;
            told.store(true, Ordering::Release);
            for sleeper in sleepers {
                assert!(sleeper.join().unwrap_or(Err(Error::Closed))?);
            }
            Ok(())
        })?;
        lock.detach(&me)
    }
}
