//! Which servers have a replica, as far as that is known.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Endpoint;

/// How long it is relied on: one may be attached or lost at any time.
const RELIED_ON: Duration = Duration::from_secs(1);

/// Which servers have a replica in step, and when that was found out.
#[derive(Default)]
pub(super) struct Replicas(Mutex<HashMap<Endpoint, (bool, Instant)>>);

/// Whether a server has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attached {
    Yes,
    No,
    /// It is to be asked.
    Unknown,
}

impl Replicas {
    pub(super) fn of(&self, server: &Endpoint) -> Attached {
        match self.lock().get(server) {
            Some((_, since)) if since.elapsed() > RELIED_ON => Attached::Unknown,
            Some((true, _)) => Attached::Yes,
            Some((false, _)) => Attached::No,
            None => Attached::Unknown,
        }
    }

    pub(super) fn note(&self, server: &Endpoint, is_attached: bool) {
        let found = (is_attached, Instant::now());
        self.lock().insert(server.clone(), found);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Endpoint, (bool, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
