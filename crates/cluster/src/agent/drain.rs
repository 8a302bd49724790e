//! How a host ends.

use std::time::{Duration, Instant};

use super::station::Station;
use super::stop::Stop;

/// How often a host that stops looks whether its tasks have ended.
const PERIOD: Duration = Duration::from_millis(20);
/// Killing takes no longer; what is left then goes back all the same.
const TIME_TO_KILL: Duration = Duration::from_secs(10);

impl Station {
    /// Lets the tasks that run end, as long as there is time, and gives back all others.
    pub(super) fn drain_tasks(&self) {
        for job in self.held.jobs(None) {
            if let Err(error) = job.cancel_waiting() {
                tracing::warn!(%error, "a task could not be taken back");
            }
        }
        self.wait_for_the_end_of_tasks(self.drain, || self.stop.is_killing());
        for job in self.held.jobs(None) {
            if let Err(error) = job.cancel() {
                tracing::warn!(%error, "a task could not be ended");
            }
        }
        self.wait_for_the_end_of_tasks(TIME_TO_KILL, || false);
    }

    fn wait_for_the_end_of_tasks(&self, time: Duration, is_over: impl Fn() -> bool) {
        let deadline = Stop::deadline(time);
        while !self.held.is_empty() && !is_over() && Instant::now() < deadline {
            self.stop.sleep(PERIOD);
        }
    }

    /// Takes the host's leave; what it still holds goes back.
    pub(super) fn leave(&self) {
        if let Err(error) = self.board.leave_host(&self.member()) {
            tracing::warn!(%error, "the host could not take its leave; what it held goes to others when its lease is over");
        }
    }
}
