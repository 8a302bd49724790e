//! Waiting for a condition in shared memory. See `README.md` for the rules and the argument.

mod spin;
mod watch;

pub(crate) use spin::SpinBudget;

use std::time::{Duration, Instant};

use crate::error::Result;
use crate::event::watch::Watch;
use crate::layout::header;
use crate::mem::{Word32, full_fence};
use crate::registry::{Participant, Target, ThreadToken};
use crate::sys::futex::Woken;

/// Set in the word while somebody may sleep on it; the sequence stands above it.
const MAY_SLEEP: u32 = 1;
/// One step of the sequence.
const STEP: u32 = 2;
/// No sleep lasts longer (rule W5, invariant 6): at its end a sleeper looks for the dead.
const SLICE: Duration = Duration::from_millis(100);
/// No sleep lasts longer while the thread to watch may already be another one.
const GLANCE: Duration = Duration::from_millis(5);

/// How long an operation may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Not at all.
    Never,
    /// As long as it takes.
    Forever,
    /// Until that moment.
    Until(Instant),
}

/// A word on which threads of several processes wait for a condition: an eventcount.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    word: Word32<'a>,
}

impl<'a> Event<'a> {
    /// Views a word as an event; zero is a fresh one.
    #[inline]
    pub fn new(word: Word32<'a>) -> Event<'a> {
        Event { word }
    }

    /// True if somebody may sleep. Only meaningful after a full fence (rule W2).
    #[inline]
    pub fn may_have_sleepers(self) -> bool {
        self.word.load_in_total_order() & MAY_SLEEP != 0
    }

    /// Wakes at most `count` sleepers, after what they wait for was committed (rule W2).
    ///
    /// Between the commit and this call must lie a full fence; releasing a lock is one.
    #[inline]
    pub fn notify(self, count: u32) {
        if self.may_have_sleepers() {
            self.wake(count);
        }
    }

    #[cold]
    fn wake(self, count: u32) {
        // The value to clear against is taken before the wake, and every arriving sleeper changes
        // the word: so the exchange below can never erase the flag of one who was not woken.
        let word = self.word.fetch_add(STEP).wrapping_add(STEP);
        if self.word.wake(count) < count {
            // Failing is right: somebody has come meanwhile.
            let _ = self.word.compare_exchange(word, word & !MAY_SLEEP);
        }
    }

    /// Wakes everybody, whether or not the flag is set: for closing, and for the reaper (rule W4).
    pub fn notify_all(self) {
        self.word.fetch_add(STEP);
        self.word.wake(u32::MAX >> 1);
    }

    /// Returns what `ready` returns as soon as that is something; `None` when the time is over, or when the wait was called
    /// off ([`Participant::call_off_waits_by`]).
    ///
    /// `ready` is tried at least once, and always once more after the time is over. It must be cheap and may change shared memory: it *is* the attempt. The thread's target must name
    /// the object that the event belongs to.
    ///
    /// # Errors
    ///
    /// What `ready` returns.
    ///
    /// # If a process dies
    ///
    /// Whoever reaps it wakes all sleepers of the objects it worked on; at the latest this thread
    /// does so itself, at the end of a slice.
    pub fn wait_for<T>(
        self,
        me: &Participant,
        wait: Wait,
        ready: impl FnMut() -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        self.wait_for_watching(me, wait, || Ok(None), ready)
    }

    /// As [`wait_for`](Self::wait_for), for what one certain thread is expected to do: when the kernel
    /// says that the thread is dead, the sleep ends, the dead are reaped, and `ready` is tried again.
    ///
    /// `watched` is asked before each sleep, after `ready` has said no. `None`: nobody in particular.
    ///
    /// Of those that watch the same thread, the kernel wakes one, which wakes the others by reaping
    /// (rule W4). Somebody who went to sleep before the watched thread became the one to wait for still
    /// watches another; he finds out at the end of his slice, which is short (5 ms) as long as whom to
    /// watch keeps changing.
    ///
    /// # Errors
    ///
    /// What `ready` or `watched` returns.
    ///
    /// # If a process dies
    ///
    /// As in [`wait_for`](Self::wait_for); the watched thread's death is noticed within a millisecond.
    pub fn wait_for_watching<T>(
        self,
        me: &Participant,
        wait: Wait,
        watched: impl Fn() -> Result<Option<ThreadToken>>,
        mut ready: impl FnMut() -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        if let Some(value) = ready()? {
            return Ok(Some(value));
        }
        if wait == Wait::Never {
            return Ok(None);
        }
        if let Some(value) = self.spin(me, &mut ready)? {
            return Ok(Some(value));
        }
        let mut watch = Watch::default();
        loop {
            let announced = self.announce();
            if let Some(value) = ready()? {
                return Ok(Some(value));
            }
            let Some(left) = time_left(wait) else {
                return Ok(None);
            };
            if watch.found_dead(me, watched()?)? {
                me.reap_dead()?;
                continue;
            }
            let woken = self.sleep(me, announced, &watch, left)?;
            if woken == Woken::TimedOut
                && let Some(value) = self.after_slice(me, announced, &mut ready)?
            {
                return Ok(Some(value));
            }
            if woken != Woken::Perhaps && me.is_called_off() {
                return Ok(None);
            }
        }
    }

    /// Rule W1: changes the word and sets the flag; what is committed later will see it.
    fn announce(self) -> u32 {
        loop {
            let found = self.word.load();
            let announced = found.wrapping_add(STEP) | MAY_SLEEP;
            if self.word.compare_exchange(found, announced).is_ok() {
                // On some processors a later load could pass even this exchange.
                full_fence();
                return announced;
            }
        }
    }

    /// Sleeps while nobody notifies, in the sight of whoever may have to wake this thread.
    fn sleep(
        self,
        me: &Participant,
        announced: u32,
        watch: &Watch,
        left: Duration,
    ) -> Result<Woken> {
        let slice = left.min(watch.slice());
        let intent = me.intent()?;
        me.publish_processor()?;
        intent.mark_sleeping(true)?;
        let woken = match watch.life_word(me)? {
            Some((life, alive)) => self.word.wait_either(announced, life, alive, slice),
            None => self.word.wait(announced, slice),
        };
        intent.mark_sleeping(false)?;
        Ok(woken)
    }

    /// Rule W5: looks for the dead, then whether the condition came true without a wake.
    #[cold]
    fn after_slice<T>(
        self,
        me: &Participant,
        announced: u32,
        ready: &mut impl FnMut() -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        me.reap_dead()?;
        let value = ready()?;
        if value.is_some() {
            // Somebody who has committed and not yet notified still owes the wake, or whoever reaps him; it
            // is not lost.
            // He is asked for first: who is no longer busy then has changed the word.
            let owed = me.somebody_is_busy_on_my_object()?;
            let notified = self.word.load() != announced;
            let header = me.arena().header()?;
            if !notified && !owed {
                header.word64::<{ header::RESCUED_WAKES }>().fetch_add(1);
            } else {
                header.word64::<{ header::LATE_WAKES }>().fetch_add(1);
            }
        }
        Ok(value)
    }
}

impl Participant {
    /// From now on, asks `interruption` whether to go on waiting: whenever a signal has ended a sleep of this thread, and
    /// at the end of each slice. If it returns true, the wait ends without another look, as if its time were over. Returns what was asked before.
    ///
    /// It runs in the middle of an operation of this thread, which may use the session meanwhile only as another
    /// participant.
    pub fn call_off_waits_by(&self, interruption: Option<fn() -> bool>) -> Option<fn() -> bool> {
        self.interruption.replace(interruption)
    }

    #[cold]
    fn is_called_off(&self) -> bool {
        self.interruption.get().is_some_and(|asked| asked())
    }

    /// Whether another living thread is awake with an operation on an object of this one's.
    fn somebody_is_busy_on_my_object(&self) -> Result<bool> {
        let own = self.intent()?;
        let Some(Target { object, .. }) = own.target()? else {
            return Ok(false);
        };
        let second = own.second_object();
        let mut busy = false;
        self.arena().for_each_thread(|slot, token| {
            let intent = slot.intent()?;
            let same = intent.works_on(object)?
                || second.is_some_and(|second| intent.works_on(second).unwrap_or(false));
            let awake = !intent.is_sleeping() || slot.has_ended()?;
            busy |= same && token != self.token() && awake;
            Ok(())
        })?;
        Ok(busy)
    }
}

/// How much time the caller still has; `None` if it is over.
fn time_left(wait: Wait) -> Option<Duration> {
    match wait {
        Wait::Never => None,
        Wait::Forever => Some(Duration::MAX),
        Wait::Until(end) => {
            let left = end.saturating_duration_since(Instant::now());
            (!left.is_zero()).then_some(left)
        }
    }
}
