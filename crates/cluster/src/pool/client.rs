//! What the threads of a pool's client share.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};

use procession_engine::PoolError;
use procession_engine::pool::{Settled, Settler};

use super::Settings;
use super::board::Board;
use super::ledger::Ledger;
use crate::ClusterError;
use crate::keeper::{Kept, Renew};
use crate::process::Begun;

/// So many tasks are on the server at least, if there is no limit: hosts that come shall find something to do.
const LEAST_WINDOW: usize = 10_000;
/// And so many for each slot.
const WINDOW_FOR_SLOT: usize = 100;

/// Is told which processes have begun.
pub(crate) type Hear = Box<dyn Fn(Begun) + Send + Sync>;

/// What the threads of a client share.
pub(crate) struct Client {
    pub(crate) board: Board,
    pub(super) settings: Settings,
    /// What it is called on the server.
    pub(crate) name: String,
    pub(super) settler: Settler,
    hear: Hear,
    ledger: Mutex<Ledger>,
    changed: Condvar,
    slots: AtomicUsize,
    /// The server had forgotten this client: what it knew of the tasks may be lost as well.
    pub(super) was_forgotten: AtomicBool,
}

impl Client {
    /// Registers a new client of a pool.
    pub(super) fn enter(
        board: Board,
        settings: Settings,
        settler: Settler,
        hear: Hear,
    ) -> Result<Arc<Client>, ClusterError> {
        let client = Client {
            name: board.cluster().fresh_name()?,
            board,
            settings,
            settler,
            hear,
            ledger: Mutex::default(),
            changed: Condvar::new(),
            slots: AtomicUsize::new(0),
            was_forgotten: AtomicBool::new(false),
        };
        client.board.enter_client(&client.name)?;
        client.look_for_hosts()?;
        Ok(Arc::new(client))
    }

    /// Has its lease renewed, as long as the answer exists.
    pub(super) fn keep(self: &Arc<Self>) -> Result<Kept, ClusterError> {
        let renewal = Renewal(Arc::downgrade(self));
        self.board.cluster().keep(Arc::new(renewal))
    }

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
    pub(crate) fn ids_of_sent(&self, numbers: &[u64]) -> Vec<(u64, String)> {
        let ledger = self.lock();
        let patience = self.board.cluster().address().patience;
        let waited = self
            .changed
            .wait_timeout_while(ledger, patience, |ledger| ledger.is_any_on_the_way(numbers));
        let (ledger, _) = waited.unwrap_or_else(PoisonError::into_inner);
        ledger.ids_of(numbers)
    }

    /// The number of the task whose encoded arguments are these.
    pub(crate) fn number_of(&self, is_it: impl Fn(&[u8]) -> bool) -> Option<u64> {
        self.lock().number_of(is_it)
    }

    /// Notes that a task, which is a process, has begun.
    pub(super) fn note_begun(&self, number: u64, begun: Begun) {
        self.lock().note_begun(number, &begun.host);
        (self.hear)(begun);
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

    /// Has its threads end, and takes its leave.
    pub(crate) fn take_leave(&self) -> Result<(), ClusterError> {
        // First, so that no renewal enters it again.
        self.change(|ledger| ledger.is_over = true);
        self.board.leave_client(&self.name)
    }

    /// How many tasks may be on the server.
    pub(super) fn window(&self) -> usize {
        // Processes may wait for each other, so that all must be there.
        if self.board.has_processes() {
            return usize::MAX;
        }
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
            // The window may have become larger.
            self.change(|_| ());
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
