//! The thread that calls callbacks, so that whatever they do, the pool goes on.

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use super::error::PoolError;
use super::job::JobState;
use super::shared::Shared;
use super::waiting::Interest;
use crate::launch::panic;

thread_local! {
    /// The pool whose callbacks this thread calls; only compared.
    static CALLS_FOR: Cell<*const Shared> = const { Cell::new(ptr::null()) };
    /// Callbacks that this thread is in the middle of, one inside the other.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Whether the calling thread is the one that calls the callbacks of this pool.
pub(super) fn is_this_thread(shared: &Shared) -> bool {
    ptr::eq(CALLS_FOR.get(), shared)
}

/// How many callbacks of this pool the calling thread is in the middle of.
pub(super) fn depth(shared: &Shared) -> usize {
    match is_this_thread(shared) {
        true => DEPTH.get(),
        false => 0,
    }
}

/// The thread's life: until the pool has ended and all have been called.
pub(super) fn call_callbacks(shared: &Shared) {
    CALLS_FOR.set(shared);
    loop {
        let mut state = shared.lock();
        let job = loop {
            if let Some(job) = state.to_call.pop_front() {
                break job;
            }
            // Every task has its outcome by then, and so every callback its turn.
            if state.is_finished() && state.outstanding == 0 {
                // Under the lock: for a job that is sealed later, another thread is started.
                shared.has_caller.store(false, Ordering::Relaxed);
                return;
            }
            state = shared
                .caller
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        };
        state.calling += 1;
        drop(state);
        shared.call_back(&job);
    }
}

impl Shared {
    /// Calls the callback of a job, which has been counted as being called.
    pub(super) fn call_back(&self, job: &Arc<JobState>) {
        DEPTH.set(DEPTH.get() + 1);
        let failure = job.take_callback().and_then(|(callback, outcomes)| {
            let called = panic::catch(move || callback(&outcomes));
            called.err().map(|panic| PoolError::CallbackPanicked {
                message: panic.message,
                location: panic.location,
            })
        });
        DEPTH.set(DEPTH.get() - 1);
        self.change(|state, wakers| {
            state.calling -= 1;
            job.called(failure, wakers);
            state.wake_followers(|interest| match interest {
                Interest::Job(awaited) => Arc::ptr_eq(awaited, job),
                Interest::Pool => true,
            });
            state.leader_is_wanted = true;
        });
    }
}
