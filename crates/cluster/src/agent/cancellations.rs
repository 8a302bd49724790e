//! The thread of a host that hears which tasks are not wanted any more, and whether it is to stop.

use std::sync::atomic::Ordering;

use super::duty::Duty;
use super::held::Word;
use super::processes::word;
use super::station::Station;
use super::underway::Underway;
use crate::ClusterError;
use crate::inspect::identity;
use crate::process::Signal;
use crate::waiting::SLICE;

impl Station {
    /// Ends tasks that are not wanted any more, and stops the host if it is told to, until the station is over.
    ///
    /// It is not needed for anything to be right: what comes of a cancelled task nobody is told.
    pub(super) fn heed_cancellations(&self) {
        let mut last = self.heard.clone();
        while !self.is_over.load(Ordering::Acquire) {
            if let Err(error) = self.heed_some(&mut last) {
                tracing::debug!(%error, "cancellations cannot be read; it is tried again");
                std::thread::sleep(SLICE);
            }
        }
    }

    fn heed_some(&self, last: &mut String) -> Result<(), ClusterError> {
        for mut entry in self.board.wait_for_cancellations(last, SLICE)? {
            if let Some(id) = entry.take("id") {
                self.cancel(String::from_utf8_lossy(&id).into_owned());
            }
            if let Some(host) = entry.take("drain") {
                self.drain_if_meant(&host);
            }
            if let Some(word) = word(&mut entry) {
                self.heed(word);
            }
            *last = entry.id;
        }
        Ok(())
    }

    fn drain_if_meant(&self, host: &[u8]) {
        let member = self.member();
        if identity(&member.name, member.pid).as_bytes() == host {
            tracing::info!(host = member.name, "the host was told from afar to stop");
            self.stop.drain();
        }
    }

    fn cancel(&self, id: String) {
        match self.duty {
            Duty::Tasks { .. } => self.held.underway_of(&id).iter().for_each(Underway::end),
            // Also one that is just being started: nobody else would ever end it.
            Duty::Processes { .. } => self.heed(Word::Signal {
                id,
                signal: Signal::Kill,
            }),
        }
    }
}
