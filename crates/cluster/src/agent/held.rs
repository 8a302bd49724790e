//! The tasks that a host holds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use procession_engine::pool::Job;

use crate::payload::Remainder;
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
    /// What is to be released when the task has ended, if its arguments lie elsewhere on the server.
    pub(super) leftovers: Option<Remainder>,
}

/// The tasks that a host holds and has not handed in.
#[derive(Debug, Default)]
pub(super) struct Held(Mutex<HashMap<u64, HeldTask>>);

#[derive(Debug)]
struct HeldTask {
    ticket: Ticket,
    /// Nothing as long as the local pool has not got it.
    job: Option<Arc<Job>>,
}

impl Held {
    pub(super) fn add(&self, ticket: Ticket) {
        let serial = ticket.serial;
        self.lock().insert(serial, HeldTask { ticket, job: None });
    }

    pub(super) fn note_job(&self, serial: u64, job: &Arc<Job>) {
        if let Some(task) = self.lock().get_mut(&serial) {
            task.job = Some(Arc::clone(job));
        }
    }

    /// What came of the task has been handed in.
    pub(super) fn remove(&self, serial: u64) {
        let removed = self.lock().remove(&serial);
        // The job goes without the lock.
        drop(removed);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// What those are called that the host got in this life of its.
    pub(super) fn ids_of(&self, member: &Arc<HostMember>) -> Vec<String> {
        let held = self.lock();
        let tickets = held.values().map(|task| &task.ticket);
        tickets
            .filter(|ticket| Arc::ptr_eq(&ticket.member, member))
            .map(|ticket| ticket.id.clone())
            .collect()
    }

    /// The jobs of all of them, or of those with that id.
    pub(super) fn jobs(&self, id: Option<&str>) -> Vec<Arc<Job>> {
        let held = self.lock();
        let wanted = held
            .values()
            .filter(|task| id.is_none_or(|id| task.ticket.id == id));
        wanted.filter_map(|task| task.job.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, HeldTask>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
