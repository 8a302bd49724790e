//! The tasks that a host holds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use procession_engine::pool::Job;

use crate::pool::HostMember;

/// What is known of a task that the host holds.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    /// Tells it apart also from the same task, should the host get it twice.
    pub(super) serial: u64,
    pub(super) id: String,
    pub(super) client: String,
    /// The client's name for it.
    pub(super) number: u64,
    pub(super) attempt: u32,
    /// How often it may be begun.
    pub(super) attempts: u32,
    /// In which of its lives the host got it.
    pub(super) member: Arc<HostMember>,
    pub(super) since: Instant,
}

/// The tasks that a host holds, with their jobs as soon as they have one.
#[derive(Debug, Default)]
pub(super) struct Held(Mutex<HashMap<u64, (Ticket, Option<Arc<Job>>)>>);

impl Held {
    pub(super) fn add(&self, ticket: Ticket) {
        self.lock().insert(ticket.serial, (ticket, None));
    }

    pub(super) fn note_job(&self, serial: u64, job: &Arc<Job>) {
        if let Some((_, noted)) = self.lock().get_mut(&serial) {
            *noted = Some(Arc::clone(job));
        }
    }

    pub(super) fn remove(&self, serial: u64) -> Option<Ticket> {
        let removed = self.lock().remove(&serial);
        // The job goes without the lock.
        removed.map(|(ticket, _)| ticket)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Those that the host got in this life of its.
    pub(super) fn ids_of(&self, member: &Arc<HostMember>) -> Vec<String> {
        let held = self.lock();
        let own = held
            .values()
            .filter(|(ticket, _)| Arc::ptr_eq(&ticket.member, member));
        own.map(|(ticket, _)| ticket.id.clone()).collect()
    }

    /// The jobs of all of them, or of those with that id.
    pub(super) fn jobs(&self, id: Option<&str>) -> Vec<Arc<Job>> {
        let held = self.lock();
        let wanted = held
            .values()
            .filter(|(ticket, _)| id.is_none_or(|id| ticket.id == id));
        wanted.filter_map(|(_, job)| job.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, (Ticket, Option<Arc<Job>>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
