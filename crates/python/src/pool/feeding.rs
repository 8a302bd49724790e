//! Iterables that are still being read.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a thread waits at most before it looks whether the pool has ended.
const LOOK: Duration = Duration::from_millis(100);

/// The iterables of a pool that have not come to their end. The pool takes their tasks even after it was closed.
#[derive(Default)]
pub(super) struct Feeding {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    active: usize,
    is_closing: bool,
    is_over: bool,
}

impl Feeding {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin(&self) {
        self.state().active += 1;
    }

    /// One has come to its end; calls `close` if the pool is to be closed now.
    pub(super) fn end(&self, close: impl FnOnce()) {
        let mut state = self.state();
        state.active = state.active.saturating_sub(1);
        if state.active == 0 && state.is_closing {
            // Before anybody learns that there are none.
            close();
        }
        self.ended.notify_all();
    }

    /// No more will come; calls `close` if the pool is to be closed now.
    pub(super) fn close(&self, close: impl FnOnce()) {
        let mut state = self.state();
        state.is_closing = true;
        if state.active == 0 {
            close();
        }
    }

    /// Nobody is to wait for them any more.
    pub(super) fn terminate(&self) {
        self.state().is_over = true;
        self.ended.notify_all();
    }

    /// Waits until all have come to their end; false if the time is over before.
    pub(super) fn wait(&self, until: Option<Instant>) -> bool {
        let mut state = self.state();
        while state.active > 0 && !state.is_over {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left == Some(Duration::ZERO) {
                return false;
            }
            let woken = self
                .ended
                .wait_timeout(state, left.map_or(LOOK, |left| left.min(LOOK)));
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
