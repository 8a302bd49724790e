//! Objects without a name: they end when no process has used them for a while.
//!
//! The *census* on the server has all of them, with the time until which each is to live. Every process that has a handle moves that time
//! on; any process that does so is told of some whose time is over, and removes them: first the object, then its entry, so that
//! dying in between leaves it to the next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::Cluster;
use crate::ClusterError;
use crate::call::{Call, Effort};
use crate::keeper::{Kept, Renew};
use crate::object::{Kind, Object};
use crate::script::{Script, script};

static PRESENT: Script = script!("present");
static FORGET: Script = script!("forget");

/// Entries that are renewed by one call.
const PORTION: usize = 500;

/// The objects without a name of which this process has handles.
pub(super) struct Presences {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How many handles there are of each, by its entry in the census.
    handles: HashMap<String, usize>,
    kept: Option<Kept>,
}

/// One handle's part in keeping its object.
#[derive(Debug)]
pub(crate) struct Presence {
    presences: Weak<Presences>,
    entry: String,
}

impl Presences {
    pub(super) fn new() -> Arc<Presences> {
        Arc::new(Presences {
            state: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn entries(&self) -> Vec<String> {
        self.lock().handles.keys().cloned().collect()
    }
}

impl Cluster {
    /// Says that this process has a handle of the object, now and until the answer is dropped.
    pub(crate) fn note_presence(&self, kind: Kind, name: &str) -> Result<Presence, ClusterError> {
        let presences = &self.member()?.presences;
        let entry = format!("{}:{name}", kind.prefix());
        let is_first = {
            let mut state = presences.lock();
            let handles = state.handles.entry(entry.clone()).or_default();
            *handles += 1;
            *handles == 1
        };
        let presence = Presence {
            presences: Arc::downgrade(presences),
            entry,
        };
        if is_first {
            self.enter_into_census(&[&presence.entry], Effort::Patient)?;
            self.keep_presences()?;
        }
        Ok(presence)
    }

    fn keep_presences(&self) -> Result<(), ClusterError> {
        let presences = &self.member()?.presences;
        if presences.lock().kept.is_some() {
            return Ok(());
        }
        let kept = self.keep(Arc::new(Renewal {
            cluster: self.downgrade(),
            presences: Arc::downgrade(presences),
            last: Mutex::new(Instant::now()),
        }))?;
        // Should two threads have come here, one of the two goes again, which is dropped without the lock.
        let superfluous = presences.lock().kept.replace(kept);
        drop(superfluous);
        Ok(())
    }

    /// Has these entries live on, and removes objects whose time is over.
    fn enter_into_census(&self, entries: &[&str], effort: Effort) -> Result<(), ClusterError> {
        let census = Object::census(self);
        let call = Call::new(&PRESENT, &census)
            .keys(["z"])
            .argument(self.address().linger)
            .arguments(entries.iter().copied());
        for expired in self.call_with(call, effort)?.into_array()? {
            // Whoever fails leaves it to the next: what this process has entered is entered.
            if let Err(error) = self.remove_expired(&census, &expired.into_text()?) {
                tracing::debug!(%error, "an object that nobody uses any more is still there");
                break;
            }
        }
        Ok(())
    }

    fn remove_expired(&self, census: &Object, entry: &str) -> Result<(), ClusterError> {
        let parts = entry.split_once(':');
        let found = parts.and_then(|(prefix, name)| Some((Kind::of_prefix(prefix)?, name)));
        if let Some((kind, name)) = found {
            tracing::debug!(entry, "an object that nobody uses any more is removed");
            Object::absent(self, kind, name).unlink_with(Effort::Once)?;
        }
        let forget = Call::new(&FORGET, census).keys(["z"]).argument(entry);
        self.call_with(forget, Effort::Once).map(drop)
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        let Some(presences) = self.presences.upgrade() else {
            return;
        };
        let mut state = presences.lock();
        if let Some(handles) = state.handles.get_mut(&self.entry) {
            *handles -= 1;
            if *handles == 0 {
                state.handles.remove(&self.entry);
            }
        }
    }
}

/// Moves on the times of all objects without a name; several times before any of them is over.
struct Renewal {
    cluster: super::WeakCluster,
    presences: Weak<Presences>,
    last: Mutex<Instant>,
}

impl Renew for Renewal {
    fn renew(&self) -> Result<(), ClusterError> {
        let (Some(cluster), Some(presences)) = (self.cluster.upgrade(), self.presences.upgrade())
        else {
            return Ok(());
        };
        let period: Duration = cluster.address().linger / 4;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() < period {
            return Ok(());
        }
        let entries = presences.entries();
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        for portion in entries.chunks(PORTION) {
            cluster.enter_into_census(portion, Effort::Once)?;
        }
        *last = Instant::now();
        Ok(())
    }
}
