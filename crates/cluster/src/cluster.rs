//! What a process knows of a server, and has on it.

mod checks;
mod presence;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use crate::call::{Call, Effort};
use crate::client::Client;
use crate::fork_aware::ForkAware;
use crate::identity::Identity;
use crate::keeper::{Keeper, Kept, Renew};
use crate::object::Object;
use crate::reply::Reply;
use crate::{Address, ClusterError};

pub(crate) use checks::LAYOUT;
pub(crate) use presence::Presence;
use presence::Presences;

/// A server, or a cluster of them, and one namespace on it, as any number of processes use it.
///
/// Clones are the same. In a copy of the process made by `fork` it connects anew.
///
/// # If a process dies
///
/// What it holds on the server (locks, permits, items that it got and that are not done) is leased, and goes to others when the lease ends. If
/// it is the server: calls are made again until it is back, or another one has taken its place, for as long as the address's `patience`.
#[derive(Clone)]
pub struct Cluster(Arc<Shared>);

struct Shared {
    address: Address,
    member: ForkAware<Result<Member, ClusterError>>,
}

/// What belongs to one process.
struct Member {
    identity: Identity,
    client: Client,
    keeper: Keeper,
    presences: Arc<Presences>,
}

/// A cluster, for those that it has.
pub(crate) struct WeakCluster(Weak<Shared>);

impl WeakCluster {
    pub(crate) fn upgrade(&self) -> Option<Cluster> {
        self.0.upgrade().map(Cluster)
    }
}

/// Entries of a stream that are read at once.
const ENTRIES_AT_ONCE: &[u8] = b"256";

/// The clusters that this process uses, so that handles of the same address lead to the same.
static KNOWN: ForkAware<Mutex<Vec<Weak<Shared>>>> = ForkAware::new();

impl Cluster {
    /// Connects to a server, and makes sure that it is one on which objects can live.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] says what the server, its settings or its address lack.
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use procession_cluster::Cluster;
    ///
    /// let cluster = Cluster::connect(&"redis://127.0.0.1:6379/".parse()?)?;
    /// # Ok::<_, procession_cluster::ClusterError>(())
    /// ```
    pub fn connect(address: &Address) -> Result<Cluster, ClusterError> {
        if let Some(known) = Cluster::known(address) {
            return Ok(known);
        }
        let cluster = Cluster(Arc::new(Shared {
            address: address.clone(),
            member: ForkAware::new(),
        }));
        checks::check(&cluster)?;
        let mut known = known_clusters()
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known.retain(|known| known.strong_count() > 0);
        known.push(Arc::downgrade(&cluster.0));
        drop(known);
        Ok(cluster)
    }

    fn known(address: &Address) -> Option<Cluster> {
        let known = known_clusters()
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut living = known.iter().filter_map(Weak::upgrade);
        living
            .find(|shared| shared.address == *address)
            .map(Cluster)
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.0.address
    }

    /// How long the server waits for a sign of a process before it gives to others what that process holds.
    pub fn lease(&self) -> Duration {
        self.0.address.lease
    }

    pub(crate) fn downgrade(&self) -> WeakCluster {
        WeakCluster(Arc::downgrade(&self.0))
    }

    fn member(&self) -> Result<&Member, ClusterError> {
        let member = self.0.member.get_or_make(|| {
            Ok(Member {
                identity: Identity::draw()?,
                client: Client::connect(&self.0.address)?,
                keeper: Keeper::new(self.0.address.lease),
                presences: Presences::new(),
            })
        });
        member.as_ref().map_err(ClusterError::clone)
    }

    /// What this process is called on the server.
    pub(crate) fn incarnation(&self) -> Result<&str, ClusterError> {
        Ok(self.member()?.identity.incarnation())
    }

    /// A name that nobody has used before.
    pub(crate) fn fresh_name(&self) -> Result<String, ClusterError> {
        Ok(self.member()?.identity.fresh_name())
    }

    /// Has the server take a step of an object, however often that has to be tried.
    pub(crate) fn call(&self, call: Call<'_>) -> Result<Reply, ClusterError> {
        self.call_with(call, Effort::Patient)
    }

    pub(crate) fn call_with(&self, call: Call<'_>, effort: Effort) -> Result<Reply, ClusterError> {
        call.object.be_present()?;
        let member = self.member()?;
        let nonce = member.identity.fresh_name();
        member
            .client
            .call(call, member.identity.incarnation(), &nonce, effort)
    }

    /// Has the server carry out a command that changes nothing, or does no harm if it is carried out twice.
    pub(crate) fn command<'a>(
        &self,
        object: &Object,
        parts: impl AsRef<[&'a [u8]]>,
    ) -> Result<Reply, ClusterError> {
        self.member()?
            .client
            .command(&object.key("h"), parts.as_ref(), Effort::Patient)
    }

    /// Waits for a token in a list, and takes it: a hint that there is something for one waiter.
    pub(crate) fn wait_for_token(
        &self,
        object: &Object,
        part: &str,
        slice: Duration,
    ) -> Result<(), ClusterError> {
        let key = object.key(part);
        let parts: [&[u8]; 3] = [b"BLPOP", key.as_bytes(), &seconds(slice)];
        self.member()?.client.wait(&key, &parts, slice).map(drop)
    }

    /// Waits for an entry in a stream behind `last`: a hint that there is something for all waiters.
    pub(crate) fn wait_for_signal(
        &self,
        object: &Object,
        part: &str,
        last: &str,
        slice: Duration,
    ) -> Result<(), ClusterError> {
        self.wait_for_entries(object, part, last, slice).map(drop)
    }

    /// Waits for entries in a stream behind `last`, and reads them; nothing if there are none, or if that failed.
    pub(crate) fn wait_for_entries(
        &self,
        object: &Object,
        part: &str,
        last: &str,
        slice: Duration,
    ) -> Result<Reply, ClusterError> {
        let key = object.key(part);
        let milliseconds = slice.as_millis().max(1).to_string();
        let parts: [&[u8]; 8] = [
            b"XREAD",
            b"COUNT",
            ENTRIES_AT_ONCE,
            b"BLOCK",
            milliseconds.as_bytes(),
            b"STREAMS",
            key.as_bytes(),
            last.as_bytes(),
        ];
        self.member()?.client.wait(&key, &parts, slice)
    }

    /// Reads entries of a stream behind `last`, without waiting for any.
    pub(crate) fn entries(
        &self,
        object: &Object,
        part: &str,
        last: &str,
    ) -> Result<Reply, ClusterError> {
        let key = object.key(part);
        let parts: [&[u8]; 6] = [
            b"XREAD",
            b"COUNT",
            ENTRIES_AT_ONCE,
            b"STREAMS",
            key.as_bytes(),
            last.as_bytes(),
        ];
        self.command(object, parts)
    }

    /// Has it renewed by this process's keeper, as long as the answer exists.
    pub(crate) fn keep(&self, renew: Arc<dyn Renew>) -> Result<Kept, ClusterError> {
        self.member()?.keeper.keep(renew)
    }
}

fn known_clusters() -> &'static Mutex<Vec<Weak<Shared>>> {
    KNOWN.get_or_make(Mutex::default)
}

/// As blocking commands want it; never zero, which would be for ever.
fn seconds(slice: Duration) -> Vec<u8> {
    format!("{:.3}", slice.as_secs_f64().max(0.001)).into_bytes()
}

impl PartialEq for Cluster {
    fn eq(&self, other: &Cluster) -> bool {
        self.0.address == other.0.address
    }
}

impl Eq for Cluster {}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Cluster")
            .field(&self.0.address)
            .finish()
    }
}
