//! How many tasks a host may hold.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Tasks that take less are fetched ahead, since fetching takes as long as they do.
const SHORT: Duration = Duration::from_millis(10);
/// So many short tasks are held for each slot, those that run included.
const AHEAD: usize = 4;
/// How much the last task weighs in the average.
const WEIGHT: f64 = 0.1;

/// The places of a host's tasks, which all its pools share.
pub(super) struct Slots {
    slots: usize,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    taken: usize,
    /// What tasks take, in seconds; as long as none has ended, they count as long.
    average: f64,
}

impl Slots {
    pub(super) fn new(slots: usize) -> Slots {
        Slots {
            slots,
            state: Mutex::new(State {
                taken: 0,
                average: 1.0,
            }),
            changed: Condvar::new(),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.slots
    }

    /// Takes up to `most` places, as soon as there is one; none if there is none in time.
    pub(super) fn take(&self, most: usize, time: Duration) -> usize {
        let mut state = self.lock();
        if self.free(&state) == 0 {
            let waited = self
                .changed
                .wait_timeout_while(state, time, |state| self.free(state) == 0);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let taken = self.free(&state).min(most);
        state.taken += taken;
        taken
    }

    /// Gives places back that were not used.
    pub(super) fn give_back(&self, places: usize) {
        self.lock().taken -= places;
        self.changed.notify_all();
    }

    /// Gives the place of a task back that has ended so long after it was fetched.
    pub(super) fn release(&self, elapsed: Duration) {
        let mut state = self.lock();
        // It has waited for others of those that were fetched ahead.
        let share = self.slots as f64 / self.slots.max(state.taken) as f64;
        state.average += WEIGHT * (elapsed.as_secs_f64() * share - state.average);
        state.taken -= 1;
        drop(state);
        self.changed.notify_all();
    }

    fn free(&self, state: &State) -> usize {
        let places = match state.average < SHORT.as_secs_f64() {
            true => AHEAD * self.slots,
            false => self.slots,
        };
        places.saturating_sub(state.taken)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_tasks_are_fetched_ahead_and_long_ones_are_not() {
        let slots = Slots::new(2);
        assert_eq!(slots.take(100, Duration::ZERO), 2);
        assert_eq!(slots.take(100, Duration::ZERO), 0);
        slots.give_back(2);
        for _ in 0..100 {
            assert_eq!(slots.take(1, Duration::ZERO), 1);
            slots.release(Duration::from_micros(100));
        }
        assert_eq!(slots.take(100, Duration::ZERO), 2 * AHEAD);
        for _ in 0..2 * AHEAD {
            slots.release(Duration::from_secs(1));
        }
        assert_eq!(slots.take(100, Duration::ZERO), 2);
    }
}
