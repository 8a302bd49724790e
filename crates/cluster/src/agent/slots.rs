//! How many tasks a host may hold.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Of tasks that are shorter, as many are held for each slot as take so long together: fetching the next ones, and handing in what came
/// of the last, takes several trips to the server, in which the slot would have nothing to do. Behind one of them that turns out to be long
/// the others do not wait, since the other slots of the host take them.
const AHEAD: Duration = Duration::from_millis(10);
/// So many are held for each slot at most, so that hosts that come later find some.
const MOST: usize = 64;
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
        // As a number out of range, which a time of zero gives, it is the nearest one in range.
        let for_each = (AHEAD.as_secs_f64() / state.average) as usize;
        let places = self.slots * for_each.clamp(1, MOST);
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
            slots.release(Duration::from_millis(2));
        }
        let held = slots.take(100, Duration::ZERO);
        assert!((8..=10).contains(&held), "{held} tasks of 2 ms");
        for _ in 0..held {
            slots.release(Duration::from_secs(1));
        }
        assert_eq!(slots.take(100, Duration::ZERO), 2);
    }

    #[test]
    fn of_tasks_that_take_no_time_some_are_left_to_others() {
        let slots = Slots::new(2);
        for _ in 0..1000 {
            assert_eq!(slots.take(1, Duration::ZERO), 1);
            slots.release(Duration::ZERO);
        }
        assert_eq!(slots.take(1000, Duration::ZERO), 2 * MOST);
    }
}
