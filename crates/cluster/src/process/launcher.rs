//! What all processes have in common that hosts run for this one.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use procession_arena::sys::fork::at_exit;
use procession_engine::PoolError;
use procession_engine::pool::Pool;

use super::state::State;
use super::{Begun, Request, Settings, Signal};
use crate::fork_aware::ForkAware;
use crate::pool::{self, Board, Carrier, Client, Met, unavailable};
use crate::{Cluster, ClusterError};

/// The launchers of this process, by their server and their settings. They stay until it ends: it is their client who keeps daemonic processes alive.
static LAUNCHERS: ForkAware<Mutex<Launchers>> = ForkAware::new();

type Launchers = HashMap<(String, Settings), Arc<Mutex<Option<Arc<Launcher>>>>>;

/// Asks the hosts that serve one pool for processes, and hears what becomes of them.
pub(super) struct Launcher {
    /// Its tasks are processes.
    pub(super) pool: Pool,
    client: Arc<Client>,
    pub(super) register: Register,
}

/// The processes that have not ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Register(Arc<Mutex<HashMap<String, Arc<State>>>>);

impl Register {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<State>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_begun(&self, begun: Begun) {
        let state = self.lock().get(&begun.id).cloned();
        if let Some(state) = state {
            state.note_begun(begun);
        }
    }

    pub(super) fn forget(&self, id: &str) {
        self.lock().remove(id);
    }
}

impl Launcher {
    /// The one of this process.
    pub(super) fn of(cluster: &Cluster, settings: &Settings) -> Result<Arc<Launcher>, PoolError> {
        let launchers = LAUNCHERS.get_or_try_make(|| {
            at_exit(take_leave).map_err(|error| unavailable(ClusterError::system(&error)))?;
            Ok::<_, PoolError>(Mutex::default())
        })?;
        let key = (cluster.address().url().to_owned(), settings.clone());
        let place = {
            let mut launchers = launchers.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(launchers.entry(key).or_default())
        };
        // Whoever wants another one does not wait for a server that is away.
        let mut place = place.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*place {
            return Ok(Arc::clone(known));
        }
        let made = Arc::new(Launcher::begin(cluster, settings)?);
        Ok(Arc::clone(place.insert(made)))
    }

    fn begin(cluster: &Cluster, settings: &Settings) -> Result<Launcher, PoolError> {
        let register = Register::default();
        let hear = register.clone();
        let mut client = None;
        let pool = Pool::carried(1, None, |settler| {
            let board = Board::of_processes(cluster, &settings.pool, &settings.code);
            let settings = pool::Settings {
                patience_for_hosts: settings.patience_for_hosts,
                ..pool::Settings::of_code(&settings.code)
            };
            let hear = Box::new(move |begun| hear.note_begun(begun));
            let carrier = board.and_then(|board| Carrier::begin(board, settings, settler, hear));
            let carrier = carrier.map_err(unavailable)?;
            client = Some(carrier.client());
            Ok(Arc::new(carrier))
        })?;
        let client = client.ok_or(PoolError::NoWorkers)?;
        Ok(Launcher {
            pool,
            client,
            register,
        })
    }

    /// Makes room for what will be heard of a process.
    pub(super) fn register(&self, id: &str, name: &str) -> Arc<State> {
        let state = Arc::new(State::new(id, name));
        self.register
            .lock()
            .insert(id.to_owned(), Arc::clone(&state));
        state
    }

    /// What the task is called on the server that starts the process of that name; nothing if it is not there.
    pub(super) fn id_of(&self, name: &str) -> Option<String> {
        let is_it = |task: &[u8]| Request::decode(task).is_ok_and(|(found, _)| found.id == name);
        let number = self.client.number_of(is_it)?;
        let (_, id) = self.client.ids_of_sent(&[number]).into_iter().next()?;
        Some(id)
    }

    /// Sends a signal to the process that this task starts; true if none had been started.
    pub(super) fn send(&self, id: &str, signal: Signal) -> Result<bool, ClusterError> {
        let met = self.client.board.signal(id, signal.number())?;
        Ok(met == Met::Waiting)
    }
}

/// At the end of this process: has its daemonic processes ended at once, rather than when its lease is over.
extern "C" fn take_leave() {
    // In a copy made by `fork` there are none: they are the original's.
    let Some(launchers) = LAUNCHERS.get() else {
        return;
    };
    // Another thread may be held up in the middle of making one.
    let Ok(launchers) = launchers.try_lock() else {
        return;
    };
    for place in launchers.values() {
        let Ok(place) = place.try_lock() else {
            continue;
        };
        let left = place.as_ref().map(|launcher| launcher.client.take_leave());
        if let Some(Err(error)) = left {
            tracing::debug!(%error, "daemonic processes on other machines end when the lease of this one is over");
        }
    }
}

impl fmt::Debug for Launcher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Launcher")
            .field("processes", &self.client.board.object())
            .finish_non_exhaustive()
    }
}
