//! The thread of a host that fetches tasks of one pool.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::duty::Duty;
use super::slots::Slots;
use super::station::Station;
use crate::ClusterError;
use crate::pool::{AT_ONCE, is_absence};
use crate::waiting::SLICE;

/// The pause after a call that has failed.
const PAUSE: Duration = Duration::from_millis(200);

/// How often the host makes sure that it holds no task of which it does not know, though no call has failed: a call that
/// was given up may be carried out later.
const RECOUNT_PERIOD: Duration = Duration::from_secs(30);

impl Station {
    /// Fetches tasks for places that are free, until the host is to stop.
    pub(super) fn fetch_tasks(self: &Arc<Station>) {
        let mut next_recount = Instant::now() + RECOUNT_PERIOD;
        while self.stop.is_serving() {
            if Instant::now() >= next_recount {
                match self.recount() {
                    Ok(()) => next_recount = Instant::now() + RECOUNT_PERIOD,
                    Err(error) => self.note_failure(&error),
                }
                continue;
            }
            if let Err(error) = self.fetch_some() {
                self.note_failure(&error);
                next_recount = Instant::now();
            }
        }
    }

    fn fetch_some(self: &Arc<Station>) -> Result<(), ClusterError> {
        if self.is_lost() {
            self.start_over()?;
        }
        match &self.duty {
            Duty::Tasks { slots, .. } => self.fetch_for(slots),
            Duty::Processes { .. } => self.fetch_in_turn(),
        }
    }

    /// Fetches tasks for free places.
    fn fetch_for(self: &Arc<Station>, slots: &Slots) -> Result<(), ClusterError> {
        let places = slots.take(AT_ONCE, SLICE);
        if !self.stop.is_serving() {
            // The place may have become free after it was told to stop.
            slots.give_back(places);
            return Ok(());
        }
        if places == 0 {
            return Ok(());
        }
        let member = self.member();
        let fetched = self.board.fetch(&member, places);
        let used = fetched.as_ref().map_or(0, Vec::len);
        slots.give_back(places - used);
        fetched?
            .into_iter()
            .for_each(|task| self.accept(&member, task));
        match used < places {
            // There were no more; or if there are, there is a hint as well.
            true => self.board.wait_for_task(SLICE),
            false => Ok(()),
        }
    }

    /// Fetches one process, and stands at the end of the line of hosts that wait for one.
    fn fetch_in_turn(self: &Arc<Station>) -> Result<(), ClusterError> {
        self.board.wait_for_task(SLICE)?;
        if !self.stop.is_serving() {
            return Ok(());
        }
        let member = self.member();
        let fetched = self.board.fetch(&member, 1)?;
        fetched
            .into_iter()
            .for_each(|task| self.accept(&member, task));
        Ok(())
    }

    /// Gives back what the host holds on the server without knowing of it.
    fn recount(&self) -> Result<(), ClusterError> {
        if self.is_lost() {
            return Ok(());
        }
        let member = self.member();
        let count = self.board.recount(&member, &self.held.ids_of(&member))?;
        if count > 0 {
            tracing::info!(
                tasks = count,
                "tasks whose delivery was lost were given back"
            );
        }
        Ok(())
    }

    fn note_failure(&self, error: &ClusterError) {
        match is_absence(error) {
            true => self.note_loss(),
            false => {
                tracing::warn!(%error, "tasks cannot be fetched; it is tried again");
                self.stop.sleep(PAUSE);
            }
        }
    }
}
