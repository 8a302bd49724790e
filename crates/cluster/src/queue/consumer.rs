//! This process as a consumer of one joinable queue: its lease, and what it holds under it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, Weak};

use super::held::{Held, Holdings};
use super::renewal::Renewal;
use super::{Queue, lease, reap};
use crate::fork_aware::ForkAware;
use crate::keeper::Kept;
use crate::object::{Kind, Object};
use crate::{Cluster, ClusterError};

/// This process as a consumer of one joinable queue, through whichever handles.
pub(super) struct Consumer {
    /// Without a presence: the handles have that.
    pub(super) object: Object,
    /// Held for reading while a `get` is under way, so that whoever holds it for writing knows all that the lease has.
    pub(super) gets: RwLock<()>,
    state: Mutex<State>,
    /// From the first `get` on.
    kept: OnceLock<Kept>,
}

pub(super) struct State {
    pub(super) lease: Arc<str>,
    /// Whether the server has told of the lease.
    pub(super) is_registered: bool,
    /// Whether the lease may have messages that this process does not know of.
    pub(super) is_in_doubt: bool,
    pub(super) held: Holdings,
}

/// Consumers by the address of their server and the name of their queue.
type Consumers = HashMap<(String, String), Weak<Consumer>>;

/// The consumers of this process, so that all handles on a queue have the same.
static CONSUMERS: ForkAware<Mutex<Consumers>> = ForkAware::new();

impl Queue {
    /// This process as a consumer of the queue.
    pub(super) fn consumer(&self) -> Result<Arc<Consumer>, ClusterError> {
        let mine = self.0.consumer.get_or_make(Mutex::default);
        let mut mine = mine.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(consumer) = &*mine {
            return Ok(Arc::clone(consumer));
        }
        let consumer = Consumer::of(self.object())?;
        *mine = Some(Arc::clone(&consumer));
        Ok(consumer)
    }
}

impl Consumer {
    fn of(object: &Object) -> Result<Arc<Consumer>, ClusterError> {
        let url = object.cluster().address().url().to_owned();
        let consumers = CONSUMERS.get_or_make(Mutex::default);
        let mut consumers = consumers.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (url, object.name().to_owned());
        if let Some(consumer) = consumers.get(&key).and_then(Weak::upgrade) {
            return Ok(consumer);
        }
        let consumer = Consumer::new(object.cluster(), object.name())?;
        consumers.retain(|_, consumer| consumer.strong_count() > 0);
        consumers.insert(key, Arc::downgrade(&consumer));
        Ok(consumer)
    }

    fn new(cluster: &Cluster, name: &str) -> Result<Arc<Consumer>, ClusterError> {
        Ok(Arc::new(Consumer {
            object: Object::absent(cluster, Kind::Queue, name),
            gets: RwLock::default(),
            state: Mutex::new(State {
                lease: lease::fresh(cluster)?.into(),
                is_registered: false,
                is_in_doubt: false,
                held: Holdings::default(),
            }),
            kept: OnceLock::new(),
        }))
    }

    /// Has the keeper renew the lease from now on.
    pub(super) fn be_kept(self: &Arc<Consumer>) -> Result<(), ClusterError> {
        if self.kept.get().is_none() {
            let renewal = Renewal::of(self);
            let kept = self.object.cluster().keep(Arc::new(renewal))?;
            // Should another thread have come here as well, one of the two is superfluous.
            drop(self.kept.set(kept));
        }
        Ok(())
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name under which this process gets messages at the moment.
    pub(super) fn lease(&self) -> Arc<str> {
        Arc::clone(&self.state().lease)
    }

    /// Takes a new lease in place of one that has ended.
    pub(super) fn change_lease(&self, ended: &str) -> Result<(), ClusterError> {
        let fresh = lease::fresh(self.object.cluster())?;
        let mut state = self.state();
        if *state.lease == *ended {
            tracing::warn!(queue = %self.object, lease = ended, "the lease has ended; what was held under it goes to others");
            state.lease = fresh.into();
            state.is_registered = false;
        }
        Ok(())
    }

    /// Begins to mark a message as done; see [`Holdings::begin_done`].
    pub(super) fn begin_done(&self) -> Option<Held> {
        self.state().held.begin_done()
    }

    /// Notes what has become of a message that was to be marked as done.
    pub(super) fn end_done(&self, held: &Held, is_answered: bool) {
        let holdings = &mut self.state().held;
        match is_answered {
            true => holdings.end_done(held),
            false => holdings.fail_done(held),
        }
    }

    pub(super) fn is_in_doubt(&self) -> bool {
        self.state().is_in_doubt
    }

    /// All that the lease has is known.
    pub(super) fn end_doubt(&self) {
        self.state().is_in_doubt = false;
    }

    /// Those of the ids in a lease of which this process does not know.
    pub(super) fn unknown(&self, lease: &str, ids: Vec<String>) -> Vec<String> {
        self.state().held.unknown(lease, ids)
    }
}

impl Drop for Consumer {
    /// Leaves: what this process still holds is as lost as if it had ended.
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !state.is_registered && !state.is_in_doubt {
            return;
        }
        if let Err(error) = reap::leave(&self.object, &state.lease) {
            tracing::warn!(%error, queue = %self.object, "a consumer could not leave; its lease will run out");
        }
    }
}
