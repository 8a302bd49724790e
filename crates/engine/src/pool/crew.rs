//! What a pool needs to speak with workers of its own, and with the thread that watches them.

use std::sync::Mutex;

use procession_arena::Wait;
use procession_arena::sys::event_descriptor::EventDescriptor;
use procession_objects::{Batch, Queue};

use super::error::PoolError;
use super::owner::system;
use super::wire::Report;
use crate::with_participant;

/// The workers' side of a pool, as its threads share it.
pub(super) struct Crew {
    pub(super) reports: Queue,
    /// What the leader has read of them; kept for its memory.
    pub(super) more_reports: Mutex<Batch>,
    /// Wakes the supervisor.
    pub(super) supervisor: EventDescriptor,
}

impl Crew {
    pub(super) fn create() -> Result<Crew, PoolError> {
        let supervisor = EventDescriptor::new().map_err(system("eventfd"))?;
        Ok(Crew {
            reports: with_participant(|me| Queue::create(me, &Default::default()))?,
            more_reports: Mutex::default(),
            supervisor,
        })
    }

    /// Wakes the leader, should it sleep.
    pub(super) fn nudge_leader(&self) {
        let nudged =
            with_participant(|me| self.reports.put(me, &Report::nudge(), &[], Wait::Forever));
        if let Err(error) = nudged {
            // Its sleep ends by itself after a while.
            tracing::debug!(%error, "the reader of a pool's reports could not be woken");
        }
    }

    pub(super) fn wake_supervisor(&self) {
        if let Err(error) = self.supervisor.notify() {
            tracing::error!(%error, "the pool's supervisor cannot be woken");
        }
    }

    /// Lets go of what others hold as well.
    pub(super) fn let_go(&self) {
        if let Err(error) = with_participant(|me| self.reports.detach(me)) {
            tracing::warn!(%error, "a pool's queue of reports could not be let go of");
        }
    }
}
