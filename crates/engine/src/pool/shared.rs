//! All that the owner's threads share, and how they change it.

use std::mem;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use procession_arena::sys::fork_epoch;

use super::carried::carriable;
use super::crew::Crew;
use super::error::PoolError;
use super::job::{Item, JobState};
use super::output::TaskOutput;
use super::state::State;
use super::waiting::Interest;
use crate::launch::panic;
use crate::with_participant;

/// What the owner's threads share.
pub(super) struct Shared {
    /// Tells the owner from a copy that a bare `fork` made of it.
    epoch: u64,
    state: Mutex<State>,
    /// `None` if the tasks are carried elsewhere.
    pub(super) crew: Option<Crew>,
    /// Wakes the attendant.
    pub(super) attendant: Condvar,
    /// Wakes the thread of callbacks.
    pub(super) caller: Condvar,
    pub(super) has_caller: AtomicBool,
    /// Some workers have ended and are not settled.
    pub(super) has_ended_workers: AtomicBool,
}

/// Whom to wake once the lock is released.
struct Calls {
    attendant: bool,
    supervisor: bool,
    leader: bool,
    caller: bool,
}

impl Shared {
    pub(super) fn new(state: State, crew: Option<Crew>) -> Shared {
        Shared {
            epoch: fork_epoch(),
            state: Mutex::new(state),
            crew,
            attendant: Condvar::new(),
            caller: Condvar::new(),
            has_caller: AtomicBool::new(false),
            has_ended_workers: AtomicBool::new(false),
        }
    }

    /// What the threads need that deal with workers of the pool's own; a pool without such has no such threads.
    pub(super) fn crew(&self) -> Result<&Crew, PoolError> {
        self.crew.as_ref().ok_or(PoolError::NoWorkers)
    }

    /// Locks the state. For those who cannot change what others wait for; otherwise [`change`](Self::change).
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, and wakes whom the change concerns.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State, &mut Vec<Waker>) -> T) -> T {
        let mut wakers = Vec::new();
        let mut state = self.lock();
        let value = change(&mut state, &mut wakers);
        // The last hold on a job may be among them, and with it a callback that holds whatever the user likes.
        let _told = mem::take(&mut state.told_jobs);
        let records = mem::take(&mut state.records);
        let written = mem::take(&mut state.written);
        let calls = Calls {
            attendant: state.claims_attendant(),
            supervisor: mem::take(&mut state.supervisor_is_wanted),
            leader: mem::take(&mut state.leader_is_wanted) && state.is_led,
            caller: state.caller_is_wanted(),
        };
        let has_errands = state.has_errands();
        drop(state);
        self.make(calls);
        // Wakers and subscribers are code of the user's. A panic has been printed, and concerns nobody here.
        for waker in wakers {
            let _ = panic::catch(|| waker.wake());
        }
        for record in records {
            let _ = panic::catch(|| record.emit());
        }
        written.iter().for_each(TaskOutput::pass_on);
        // Last, and by whoever has the claim then: wakers may have had more to be told, and may wait for it.
        if has_errands {
            self.deliver();
        }
        value
    }

    fn make(&self, calls: Calls) {
        if calls.attendant {
            self.attendant.notify_one();
        }
        if calls.caller {
            self.caller.notify_one();
        }
        if let Some(crew) = &self.crew {
            if calls.leader {
                crew.nudge_leader();
            }
            if calls.supervisor {
                crew.wake_supervisor();
            }
        }
    }

    pub(super) fn check_owner(&self) -> Result<(), PoolError> {
        match self.epoch == fork_epoch() {
            true => Ok(()),
            false => Err(PoolError::ForkedCopy),
        }
    }

    /// Takes tasks over, all together as far as there is room.
    pub(super) fn submit(
        &self,
        job: &Arc<JobState>,
        items: impl IntoIterator<Item = Item>,
    ) -> Result<(), PoolError> {
        self.check_owner()?;
        match &self.crew {
            Some(_) => with_participant(|me| {
                self.submit_and(job, items, |state, wakers| state.dispatch(me, wakers))
            }),
            None => self.submit_and(job, carriable(items)?, |state, _| {
                state.hand_over();
            }),
        }
    }

    fn submit_and(
        &self,
        job: &Arc<JobState>,
        items: impl IntoIterator<Item = Item>,
        mut pass_on: impl FnMut(&mut State, &mut Vec<Waker>),
    ) -> Result<(), PoolError> {
        let mut items = items.into_iter().peekable();
        while items.peek().is_some() {
            self.change(|state, wakers| {
                if let Some(refusal) = state.refusal() {
                    return Err(refusal);
                }
                while state.has_room()
                    && let Some(item) = items.next()
                {
                    state.take_over(job.task(item));
                }
                pass_on(state, wakers);
                Ok(())
            })?;
            if items.peek().is_some() {
                self.wait_until(Interest::Pool, None, |state| {
                    (state.has_room() || state.refusal().is_some()).then_some(())
                })?;
            }
        }
        Ok(())
    }

    pub(super) fn cancel(
        &self,
        job: &Arc<JobState>,
        also_running: bool,
    ) -> Result<usize, PoolError> {
        self.check_owner()?;
        match (&self.crew, also_running) {
            (Some(_), _) => with_participant(|me| {
                self.change(|state, wakers| state.cancel(me, job, also_running, wakers))
            }),
            (None, true) => Ok(self.change(|state, wakers| state.cancel_carried(job, wakers))),
            (None, false) => Ok(self.withdraw(job)),
        }
    }

    /// Ends everything at once; `reason` is what the tasks fail with.
    pub(super) fn end(&self, reason: &PoolError) {
        self.change(|state, wakers| state.end(reason, wakers));
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if self.epoch == fork_epoch()
            && let Some(crew) = &self.crew
        {
            crew.let_go();
        }
    }
}
