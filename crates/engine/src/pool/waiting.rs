//! Waiting for outcomes, and reading the reports meanwhile. See "Leading" in `README.md`.

use std::cell::Cell;
use std::sync::Arc;
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use procession_arena::Wait;

use super::callback;
use super::error::PoolError;
use super::job::JobState;
use super::shared::Shared;
use super::state::State;

/// How long a leader sleeps at most, should the message that was to wake it have found no room.
const LONGEST_LOOK: Duration = Duration::from_secs(1);

thread_local! {
    /// Pools whose reports this thread reads.
    static LEADERSHIPS: Cell<usize> = const { Cell::new(0) };
}

/// Whether the calling thread reads the reports of a pool: in the midst of that it runs wakers.
pub(super) fn leads() -> bool {
    LEADERSHIPS.get() > 0
}

/// What a thread waits for.
#[derive(Debug)]
pub(super) enum Interest {
    /// An outcome of this job, or its end.
    Job(Arc<JobState>),
    /// Room for a task, or the pool's end.
    Pool,
}

/// A thread that waits while another leads.
#[derive(Debug)]
pub(super) struct Follower {
    ticket: u64,
    thread: Thread,
    interest: Arc<Interest>,
}

impl State {
    /// Wakes those followers whose interest is such.
    pub(super) fn wake_followers(&self, concerns: impl Fn(&Interest) -> bool) {
        for follower in &self.followers {
            if concerns(&follower.interest) {
                follower.thread.unpark();
            }
        }
    }

    /// Wakes those who wait for the pool itself.
    pub(super) fn wake_all_for_pool(&self) {
        self.wake_followers(|interest| matches!(interest, Interest::Pool));
    }

    /// Makes one of the followers the leader, if there is none; and tells the attendant otherwise.
    pub(super) fn pass_on(&mut self) {
        if self.is_led {
            return;
        }
        match self.followers.first() {
            Some(follower) => follower.thread.unpark(),
            None => self.attendant_is_wanted |= self.outstanding > 0,
        }
    }
}

/// The right to read reports, until it is dropped.
pub(super) struct Leadership<'a>(&'a Shared);

impl<'a> Leadership<'a> {
    /// To be called when nobody leads.
    pub(super) fn take(shared: &'a Shared, state: &mut State) -> Leadership<'a> {
        state.is_led = true;
        state.leads += 1;
        LEADERSHIPS.set(LEADERSHIPS.get() + 1);
        Leadership(shared)
    }
}

impl Drop for Leadership<'_> {
    fn drop(&mut self) {
        LEADERSHIPS.set(LEADERSHIPS.get() - 1);
        self.0.change(|state, _| {
            state.is_led = false;
            state.pass_on();
        });
    }
}

impl Shared {
    /// Returns what `ready` returns as soon as that is something; `None` when the time is over.
    ///
    /// `ready` is called under the lock. Second exits: the deadline, and whatever ends the tasks that are waited
    /// for: each of them is told its end, also that of its worker or of the pool.
    pub(super) fn wait_until<T>(
        &self,
        interest: Interest,
        deadline: Option<Instant>,
        mut ready: impl FnMut(&mut State) -> Option<T>,
    ) -> Result<Option<T>, PoolError> {
        self.check_owner()?;
        let interest = Arc::new(interest);
        let mut leadership = None;
        loop {
            let mut state = self.lock();
            if let Some(value) = ready(&mut state) {
                // It may have been woken to lead.
                state.pass_on();
                return Ok(Some(value));
            }
            if callback::is_this_thread(self)
                && let Some(job) = state.to_call.pop_front()
            {
                // Nobody else will, and it may be what is waited for.
                state.calling += 1;
                state.pass_on();
                drop(state);
                // Whatever it does, others may read the reports meanwhile, this thread included.
                leadership = None;
                self.call_back(&job);
                continue;
            }
            let is_over = deadline.is_some_and(|deadline| deadline <= Instant::now());
            if leadership.is_none() && !state.is_led {
                leadership = Some(Leadership::take(self, &mut state));
            }
            match (&leadership, is_over) {
                // One look, so that what has arrived by now is seen.
                (Some(_), true) => {
                    drop(state);
                    self.read_reports(Wait::Never)?;
                    return Ok(ready(&mut self.lock()));
                }
                (Some(_), false) => {
                    let longest = state.longest_look(LONGEST_LOOK);
                    drop(state);
                    self.read_reports(Wait::Until(until(deadline, longest)))?;
                }
                (None, true) => {
                    state.pass_on();
                    return Ok(None);
                }
                (None, false) => {
                    state.last_ticket += 1;
                    let ticket = state.last_ticket;
                    state.followers.push(Follower {
                        ticket,
                        thread: thread::current(),
                        interest: Arc::clone(&interest),
                    });
                    drop(state);
                    sleep(deadline);
                    self.lock()
                        .followers
                        .retain(|follower| follower.ticket != ticket);
                }
            }
        }
    }
}

fn until(deadline: Option<Instant>, longest: Duration) -> Instant {
    let longest = Instant::now() + longest;
    deadline.map_or(longest, |deadline| deadline.min(longest))
}

/// Until unparked, by the leader or by chance.
fn sleep(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => thread::park_timeout(deadline.saturating_duration_since(Instant::now())),
        None => thread::park(),
    }
}
