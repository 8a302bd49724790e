//! Looking after the blobs that this process has written.

#[cfg(test)]
#[cfg(feature = "client")]
mod tests;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::blob::{LIFE, live_on};
use crate::ClusterError;
use crate::call::Effort;
use crate::cluster::{Cluster, WeakCluster};
use crate::keeper::{Kept, Renew};

/// How often each is looked after: many times within its life.
const ROUND: Duration = Duration::from_secs(LIFE.as_secs() / 14);

/// The blobs that this process has written, until it finds them gone.
pub(crate) struct Caretaker {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    keys: HashSet<String>,
    kept: Option<Kept>,
}

impl Caretaker {
    pub(crate) fn new() -> Arc<Caretaker> {
        Arc::new(Caretaker {
            state: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a blob live on from now on.
    pub(crate) fn look_after(
        self: &Arc<Caretaker>,
        cluster: &Cluster,
        key: String,
    ) -> Result<(), ClusterError> {
        let is_first = {
            let mut state = self.lock();
            state.keys.insert(key);
            state.kept.is_none()
        };
        if is_first {
            let kept = cluster.keep(Arc::new(Round {
                cluster: cluster.downgrade(),
                caretaker: Arc::downgrade(self),
                last: Mutex::new(Instant::now()),
            }))?;
            // Should two threads have come here, one of the two goes again, which is dropped without the lock.
            let superfluous = self.lock().kept.replace(kept);
            drop(superfluous);
        }
        Ok(())
    }

    /// Has all live on; those that are gone have been read by those for whom they were.
    fn look_after_all(&self, cluster: &Cluster) -> Result<(), ClusterError> {
        let keys: Vec<String> = self.lock().keys.iter().cloned().collect();
        for key in keys {
            if !live_on(cluster, &key, Effort::Once)? {
                self.lock().keys.remove(&key);
            }
        }
        Ok(())
    }
}

struct Round {
    cluster: WeakCluster,
    caretaker: Weak<Caretaker>,
    last: Mutex<Instant>,
}

impl Renew for Round {
    fn renew(&self) -> Result<(), ClusterError> {
        let (Some(cluster), Some(caretaker)) = (self.cluster.upgrade(), self.caretaker.upgrade())
        else {
            return Ok(());
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.elapsed() >= ROUND {
            caretaker.look_after_all(&cluster)?;
            *last = Instant::now();
        }
        Ok(())
    }
}
