//! The thread of a host that hears which tasks are not wanted any more.

use std::sync::atomic::Ordering;

use super::station::Station;
use crate::ClusterError;
use crate::waiting::SLICE;

impl Station {
    /// Ends tasks that are not wanted any more, until the station is over.
    ///
    /// It is not needed for anything to be right: what comes of a cancelled task nobody is told.
    pub(super) fn heed_cancellations(&self) {
        let mut last = None;
        while !self.is_over.load(Ordering::Acquire) {
            if let Err(error) = self.heed_some(&mut last) {
                tracing::debug!(%error, "cancellations cannot be read; it is tried again");
                std::thread::sleep(SLICE);
            }
        }
    }

    fn heed_some(&self, last: &mut Option<String>) -> Result<(), ClusterError> {
        let Some(known) = last else {
            *last = Some(self.board.last_cancellation()?);
            return Ok(());
        };
        for mut entry in self.board.wait_for_cancellations(known, SLICE)? {
            if let Some(id) = entry.take("id") {
                self.cancel(&String::from_utf8_lossy(&id));
            }
            *known = entry.id;
        }
        Ok(())
    }

    fn cancel(&self, id: &str) {
        for job in self.held.jobs(Some(id)) {
            if let Err(error) = job.cancel() {
                tracing::warn!(%error, "a task could not be ended");
            }
        }
    }
}
