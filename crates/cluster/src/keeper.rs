//! The thread that tells the server that this process is still there.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use crate::ClusterError;

/// Something on the server that ends unless it is renewed.
pub(crate) trait Renew: Send + Sync {
    /// Renews it, by a call that is made once and not again if it fails: the next round comes soon.
    ///
    /// # Errors
    ///
    /// Why it could not be renewed. That is no reason to stop trying.
    fn renew(&self) -> Result<(), ClusterError>;
}

/// One thread for each process and cluster, and whatever it renews; three times in each lease.
///
/// It goes on as long as there is anything to renew, whatever fails: a keeper that gives up after an error loses locks that their holders
/// still believe in.
pub(crate) struct Keeper {
    shared: Arc<Shared>,
}

struct Shared {
    period: Duration,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    next: u64,
    kept: HashMap<u64, Arc<dyn Renew>>,
    has_thread: bool,
    is_over: bool,
}

/// While it exists, the keeper renews something.
pub(crate) struct Kept {
    shared: Weak<Shared>,
    number: u64,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keeper {
    pub(crate) fn new(lease: Duration) -> Keeper {
        Keeper {
            shared: Arc::new(Shared {
                period: lease / 3,
                state: Mutex::default(),
                changed: Condvar::new(),
            }),
        }
    }

    /// Has it renewed from now on; the first time after a third of a lease.
    pub(crate) fn keep(&self, renew: Arc<dyn Renew>) -> Result<Kept, ClusterError> {
        let mut state = self.shared.lock();
        if !state.has_thread {
            let shared = Arc::clone(&self.shared);
            let thread = thread::Builder::new().name("lease keeper".to_owned());
            thread
                .spawn(move || shared.renew_for_ever())
                .map_err(|error| ClusterError::system(&error))?;
            state.has_thread = true;
        }
        let number = state.next;
        state.next += 1;
        state.kept.insert(number, renew);
        drop(state);
        Ok(Kept {
            shared: Arc::downgrade(&self.shared),
            number,
        })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn renew_for_ever(&self) {
        let mut next_round = Instant::now() + self.period;
        let mut state = self.lock();
        while !state.is_over {
            let now = Instant::now();
            if let Some(left) = next_round
                .checked_duration_since(now)
                .filter(|left| !left.is_zero())
            {
                let waited = self.changed.wait_timeout(state, left);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            next_round = now + self.period;
            let round: Vec<_> = state.kept.values().map(Arc::clone).collect();
            drop(state);
            for renew in round {
                if let Err(error) = renew.renew() {
                    tracing::warn!(%error, "a lease could not be renewed; it is tried again soon");
                }
            }
            state = self.lock();
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.upgrade() {
            let former = shared.lock().kept.remove(&self.number);
            // What it holds may be the last hold on whatever the user likes.
            drop(former);
        }
    }
}

impl fmt::Debug for Kept {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Kept").field(&self.number).finish()
    }
}
