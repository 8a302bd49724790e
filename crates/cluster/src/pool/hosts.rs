//! Which hosts there are for a client's tasks.

use std::time::{Duration, Instant};

use procession_engine::PoolError;

use super::client::Client;
use super::member::Description;
use crate::ClusterError;

/// How often the hosts are counted.
const PERIOD: Duration = Duration::from_secs(5);
/// While there are none.
const IMPATIENT_PERIOD: Duration = Duration::from_millis(500);
/// After so long without any, the log says so.
const WARNING: Duration = Duration::from_secs(5);

/// What a client knows of the hosts, while it waits for them.
#[derive(Debug, Default)]
pub(super) struct Presence {
    looked: Option<Instant>,
    /// Since when tasks wait and nobody is there.
    alone_since: Option<Instant>,
    has_warned: bool,
}

impl Presence {
    /// There is a host, or no task that would need one.
    pub(super) fn nobody_is_missed(&mut self) {
        self.alone_since = None;
        self.has_warned = false;
    }

    fn is_to_look(&self) -> bool {
        let period = match self.alone_since {
            Some(_) => IMPATIENT_PERIOD,
            None => PERIOD,
        };
        self.looked.is_none_or(|looked| looked.elapsed() >= period)
    }
}

impl Client {
    /// Counts the hosts; returns those of another code.
    pub(super) fn look_for_hosts(&self) -> Result<Vec<Description>, ClusterError> {
        let (ours, others): (Vec<_>, Vec<_>) = self
            .board
            .hosts()?
            .into_iter()
            .partition(|host| host.code == self.settings.code);
        self.set_slots(ours.iter().map(|host| host.slots).sum());
        Ok(others)
    }

    /// Looks now and then whether there is anybody to carry out the tasks; if there is nobody for too long, they fail.
    pub(super) fn check_hosts(&self, presence: &mut Presence) -> Result<(), ClusterError> {
        if !presence.is_to_look() {
            return Ok(());
        }
        let others = self.look_for_hosts()?;
        presence.looked = Some(Instant::now());
        if self.has_hosts() {
            presence.nobody_is_missed();
            return Ok(());
        }
        let alone = presence
            .alone_since
            .get_or_insert_with(Instant::now)
            .elapsed();
        if alone >= self.settings.patience_for_hosts {
            presence.nobody_is_missed();
            self.give_up(&others);
        } else if alone >= WARNING && !presence.has_warned {
            presence.has_warned = true;
            tracing::warn!(pool = self.board.object().name(), wanted = self.settings.code, present = ?others,
                           "tasks wait, and no worker host is there to carry them out");
        }
        Ok(())
    }

    fn give_up(&self, others: &[Description]) {
        let reason = PoolError::NoWorkerHost {
            wanted: format!(
                "a host that serves the pool {:?} and runs the code {}",
                self.board.object().name(),
                self.settings.code
            ),
            present: others.iter().map(told).collect(),
        };
        let numbers = self.change(|ledger| ledger.give_up_all());
        let failed = numbers
            .into_iter()
            .map(|number| (number, Err(reason.clone())));
        self.settle(failed.collect());
    }
}

fn told(host: &Description) -> String {
    format!("{} (pid {}) with code {}", host.host, host.pid, host.code)
}
