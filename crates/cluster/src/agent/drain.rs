//! How a host ends.

use std::time::{Duration, Instant};

use super::duty::Duty;
use super::station::Station;
use super::stop::Stop;
use super::underway::Underway;
use super::verdict::Verdict;

/// How often a host that stops looks whether its tasks have ended.
const PERIOD: Duration = Duration::from_millis(20);
/// How long a process may take to end once it was asked to.
const GRACE: Duration = Duration::from_secs(5);
/// Killing takes no longer; what is left then goes back all the same.
const TIME_TO_KILL: Duration = Duration::from_secs(10);

impl Station {
    /// Lets what runs end, as long as there is time, and gives back all others.
    pub(super) fn drain_tasks(&self) {
        self.held.underway().iter().for_each(Underway::take_back);
        self.wait_for_the_end_of_tasks(self.drain, || self.stop.is_killing());
        if let Duty::Processes { .. } = self.duty {
            self.held.underway().iter().for_each(Underway::ask_to_end);
            self.wait_for_the_end_of_tasks(GRACE, || self.stop.is_killing());
        }
        self.held.underway().iter().for_each(Underway::end);
        self.wait_for_the_end_of_tasks(TIME_TO_KILL, || false);
        if let Duty::Processes { .. } = self.duty {
            self.give_up_processes();
        }
    }

    /// Tells of processes that nothing can end that they are lost: given back, another host would start them once more.
    fn give_up_processes(&self) {
        for ticket in self.held.tickets() {
            let verdict = Verdict::host_lost(&ticket.member.name, ticket.attempt);
            self.finish(ticket, verdict);
        }
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
