//! The client's side of a pool: it carries tasks to the server, and their outcomes home.

use std::fmt;
use std::sync::Arc;
use std::thread;

use procession_engine::PoolError;
use procession_engine::pool::{Carried, CarryTasks, Pool, Settler};

use super::board::Board;
use super::client::{Client, Hear};
use super::outcome::unavailable;
use super::{Settings, reader, sender};
use crate::keeper::Kept;
use crate::{Cluster, ClusterError};

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
        let carrier = Board::new(cluster, name, &settings.code).and_then(|board| {
            // Tasks of a pool tell nothing before they end.
            Carrier::begin(board, settings, settler, Box::new(drop))
        });
        Ok(Arc::new(carrier.map_err(unavailable)?))
    })
}

/// Carries tasks to the server, and their outcomes home.
pub(crate) struct Carrier {
    client: Arc<Client>,
    _kept: Kept,
}

impl Carrier {
    pub(crate) fn begin(
        board: Board,
        settings: Settings,
        settler: Settler,
        hear: Hear,
    ) -> Result<Carrier, ClusterError> {
        let client = Client::enter(board, settings, settler, hear)?;
        let kept = client.keep()?;
        let spawned = spawn("pool sender", &client, sender::send)
            .and_then(|()| spawn("pool reader", &client, reader::read));
        if let Err(error) = spawned {
            // One of them may run.
            client.change(|ledger| ledger.is_over = true);
            return Err(error);
        }
        Ok(Carrier {
            client,
            _kept: kept,
        })
    }

    pub(crate) fn client(&self) -> Arc<Client> {
        Arc::clone(&self.client)
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
