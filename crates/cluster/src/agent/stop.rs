//! How a host is told to stop.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Tells a host to stop; clones tell the same one.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    stage: Mutex<Stage>,
    changed: Condvar,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    #[default]
    Serving,
    Draining,
    Killing,
}

impl Stop {
    /// A host that is told nothing.
    pub fn new() -> Stop {
        Stop::default()
    }

    /// Has it take no more tasks, and end when those that run are done or its time for that is over.
    pub fn drain(&self) {
        self.advance(Stage::Draining);
    }

    /// Has it end at once: what runs is ended, and begun again by others.
    pub fn kill(&self) {
        self.advance(Stage::Killing);
    }

    /// Says more urgently what was said before: first drain, then kill.
    pub fn insist(&self) {
        let next = match *self.lock() {
            Stage::Serving => Stage::Draining,
            Stage::Draining | Stage::Killing => Stage::Killing,
        };
        self.advance(next);
    }

    fn advance(&self, stage: Stage) {
        let mut current = self.lock();
        *current = stage.max(*current);
        self.0.changed.notify_all();
    }

    /// Whether tasks are still to be taken.
    pub fn is_serving(&self) -> bool {
        *self.lock() == Stage::Serving
    }

    pub(super) fn is_killing(&self) -> bool {
        *self.lock() == Stage::Killing
    }

    /// Sleeps, but not beyond being told something.
    pub(super) fn sleep(&self, time: Duration) {
        let stage = self.lock();
        let former = *stage;
        let slept = self
            .0
            .changed
            .wait_timeout_while(stage, time, |stage| *stage == former);
        drop(slept.unwrap_or_else(PoisonError::into_inner));
    }

    /// When that much time from now is over.
    pub(super) fn deadline(time: Duration) -> Instant {
        let now = Instant::now();
        now.checked_add(time)
            .unwrap_or(now + Duration::from_secs(u32::MAX.into()))
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.0.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn insisting_first_drains_and_then_kills_and_nothing_goes_back() {
        let stop = Stop::new();
        assert!(stop.is_serving());
        stop.insist();
        assert!(!stop.is_serving() && !stop.is_killing());
        stop.insist();
        assert!(stop.is_killing());
        stop.drain();
        assert!(stop.is_killing());
    }
}
