//! The client's side of a pool: it carries tasks to the server, and their outcomes home.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use procession_engine::PoolError;
use procession_engine::pool::{Carried, CarryTasks, Pool, Settled, Settler};

use super::board::Board;
use super::ledger::Ledger;
use super::outcome::unavailable;
use super::{Settings, reader, sender};
use crate::keeper::{Kept, Renew};
use crate::{Cluster, ClusterError};

/// So many tasks are on the server at least, if there is no limit: hosts that come shall find something to do.
const LEAST_WINDOW: usize = 10_000;
/// And so many for each slot.
const WINDOW_FOR_SLOT: usize = 100;

/// What the threads of a client share.
pub(super) struct Client {
    pub(super) board: Board,
    pub(super) settings: Settings,
    /// What it is called on the server.
    pub(super) name: String,
    pub(super) settler: Settler,
    ledger: Mutex<Ledger>,
    changed: Condvar,
    slots: AtomicUsize,
    /// The server had forgotten this client: what it knew of the tasks may be lost as well.
    pub(super) was_forgotten: AtomicBool,
}

/// Makes a pool whose tasks hosts carry out that serve the pool `name`.
///
/// `max_queued` is how many tasks more than there are slots may be waiting; then submitting waits for room.
///
/// # Errors
///
/// [`PoolError::Unavailable`] if the server cannot be reached.
///
/// # If a process dies
///
/// If it is a worker, its task is run again as often as its retries allow, by whichever host comes first. If it is a host, the same after
/// its lease. If it is this one, its tasks are dropped when a host comes to them, unless they are to be kept. If it is the server, and
/// loses its data, all tasks without an outcome are put there again.
pub fn carried_pool(
    cluster: &Cluster,
    name: &str,
    settings: Settings,
    max_queued: Option<usize>,
) -> Result<Pool, PoolError> {
    Pool::carried(1, max_queued, |settler| {
        let carrier = Carrier::begin(cluster, name, settings, settler).map_err(unavailable)?;
        Ok(Arc::new(carrier))
    })
}

struct Carrier {
    client: Arc<Client>,
    _kept: Kept,
}

impl Carrier {
    fn begin(
        cluster: &Cluster,
        name: &str,
        settings: Settings,
        settler: Settler,
    ) -> Result<Carrier, ClusterError> {
        let client = Arc::new(Client {
            board: Board::new(cluster, name, &settings.code)?,
            settings,
            name: cluster.fresh_name()?,
            settler,
            ledger: Mutex::default(),
            changed: Condvar::new(),
            slots: AtomicUsize::new(0),
            was_forgotten: AtomicBool::new(false),
        });
        client.board.enter_client(&client.name)?;
        client.look_for_hosts()?;
        let kept = cluster.keep(Arc::new(Renewal(Arc::downgrade(&client))))?;
        spawn("pool sender", &client, sender::send)?;
        spawn("pool reader", &client, reader::read)?;
        Ok(Carrier {
            client,
            _kept: kept,
        })
    }
}

fn spawn(name: &str, client: &Arc<Client>, body: fn(&Client)) -> Result<(), ClusterError> {
    let client = Arc::clone(client);
    let thread = thread::Builder::new().name(name.to_owned());
    let spawned = thread.spawn(move || body(&client));
    // It ends by itself once the pool has ended; nobody waits for a server that may be away.
    spawned
        .map(drop)
        .map_err(|error| ClusterError::system(&error))
}

impl Client {
    pub(super) fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the ledger, and has the threads look at it.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Ledger) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changed.notify_all();
        changed
    }

    /// Waits until the ledger has been changed, or somebody looks up.
    pub(super) fn wait<'a>(&self, ledger: MutexGuard<'a, Ledger>) -> MutexGuard<'a, Ledger> {
        self.changed
            .wait(ledger)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What those of these tasks are called on the server that have been sent; waits for those that are just being put there, which
    /// takes no longer than a call may take.
    fn ids_of_sent(&self, numbers: &[u64]) -> Vec<(u64, String)> {
        let ledger = self.lock();
        let patience = self.board.cluster().address().patience;
        let waited = self
            .changed
            .wait_timeout_while(ledger, patience, |ledger| ledger.is_any_on_the_way(numbers));
        let (ledger, _) = waited.unwrap_or_else(PoisonError::into_inner);
        ledger.ids_of(numbers)
    }

    /// Takes tasks out of the ledger and tells what came of them.
    pub(super) fn settle(&self, outcomes: Vec<(u64, Result<Vec<u8>, PoolError>)>) {
        self.change(|ledger| {
            outcomes
                .iter()
                .for_each(|(number, _)| ledger.remove(*number));
        });
        let settled = outcomes.into_iter().map(|(number, result)| Settled {
            number,
            result,
            output: None,
        });
        self.settler.settle_many(settled);
    }

    /// How many tasks may be on the server.
    pub(super) fn window(&self) -> usize {
        let slots = self.slots.load(Ordering::Relaxed);
        let window = slots.saturating_mul(WINDOW_FOR_SLOT).max(LEAST_WINDOW);
        self.settings.limit.unwrap_or(window).max(1)
    }

    /// Whether there is a host for the tasks, as far as was heard.
    pub(super) fn has_hosts(&self) -> bool {
        self.slots.load(Ordering::Relaxed) > 0
    }

    /// Notes how many slots all hosts together have.
    pub(super) fn set_slots(&self, slots: usize) {
        if self.slots.swap(slots, Ordering::Relaxed) != slots {
            let usable = self.settings.limit.map_or(slots, |limit| slots.min(limit));
            self.settler.set_workers(usable.max(1));
            self.changed.notify_all();
        }
    }

    /// Says that the client is there; if the server does not know it any more, enters it anew.
    fn renew(&self) -> Result<(), ClusterError> {
        if self.lock().is_over || self.board.renew_client(&self.name)? {
            return Ok(());
        }
        tracing::warn!(
            pool = self.board.object().name(),
            "the server has forgotten this client of a pool, which was not heard for too long, or has lost its data; what is lost is submitted again"
        );
        self.enter_again()
    }

    /// Registers the client, which the server does not know any more.
    pub(super) fn enter_again(&self) -> Result<(), ClusterError> {
        self.board.enter_client(&self.name)?;
        self.was_forgotten.store(true, Ordering::Release);
        self.changed.notify_all();
        Ok(())
    }
}

struct Renewal(Weak<Client>);

impl Renew for Renewal {
    fn renew(&self) -> Result<(), ClusterError> {
        self.0.upgrade().map_or(Ok(()), |client| client.renew())
    }

    fn slot(&self) -> Option<u16> {
        Some(self.0.upgrade()?.board.object().slot())
    }
}

impl CarryTasks for Carrier {
    fn carry(&self, tasks: Vec<Carried>) {
        self.client.change(|ledger| ledger.add(tasks));
    }

    fn cancel(&self, numbers: &[u64]) {
        self.client.change(|ledger| ledger.cancel(numbers));
    }

    fn withdraw(&self, numbers: &[u64]) -> Vec<u64> {
        let mut withdrawn = self
            .client
            .change(|ledger| ledger.withdraw_outgoing(numbers));
        let there = self.client.ids_of_sent(numbers);
        for portion in there.chunks(super::AT_ONCE) {
            let ids: Vec<String> = portion.iter().map(|(_, id)| id.clone()).collect();
            // What the server does not say goes on.
            let Ok(were_waiting) = self.client.board.cancel(false, &ids) else {
                break;
            };
            let taken = portion.iter().zip(were_waiting);
            withdrawn.extend(taken.filter_map(|((number, _), was)| was.then_some(*number)));
        }
        self.client
            .change(|ledger| withdrawn.iter().for_each(|&number| ledger.remove(number)));
        withdrawn
    }

    fn end(&self) {
        self.client.change(|ledger| ledger.is_over = true);
    }
}

impl fmt::Debug for Carrier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Carrier")
            .field("pool", &self.client.board.object())
            .field("client", &self.client.name)
            .finish_non_exhaustive()
    }
}
