//! What a process knows of a server, and has on it.

mod checks;
mod presence;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use procession_arena::sys::fork_epoch;

use crate::call::{Call, Effort};
use crate::client::Client;
use crate::fork_aware::ForkAware;
use crate::identity::Identity;
use crate::keeper::{Keeper, Kept, Renew};
use crate::object::Object;
use crate::payload::{Caretaker, Keyring};
use crate::reply::Reply;
use crate::{Address, ClusterError, Endpoint};

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
    address: Arc<Address>,
    member: ForkAware<Arc<Member>>,
}

/// What one process has on one server: all clusters of the same address share it.
struct Member {
    identity: Identity,
    client: Arc<Client>,
    keeper: Keeper,
    presences: Arc<Presences>,
    keyring: Keyring,
    caretaker: Arc<Caretaker>,
    /// Whether the server has been found to be one on which objects can live.
    is_checked: AtomicBool,
}

/// A cluster, for those that it has.
pub(crate) struct WeakCluster {
    address: Arc<Address>,
    member: Weak<Member>,
    made_in: u64,
}

impl WeakCluster {
    pub(crate) fn upgrade(&self) -> Option<Cluster> {
        // In a copy made by `fork` it is the original's member.
        let member = self.member.upgrade()?;
        if self.made_in != fork_epoch() {
            return None;
        }
        Some(Cluster(Arc::new(Shared {
            address: Arc::clone(&self.address),
            member: ForkAware::with(member),
        })))
    }
}

/// Entries of a stream that are read at once.
const ENTRIES_AT_ONCE: &[u8] = b"256";

/// Members by their addresses.
type Members = Vec<(Arc<Address>, Weak<Member>)>;

/// Those of this process.
static MEMBERS: ForkAware<Mutex<Members>> = ForkAware::new();

impl Member {
    /// That of the address, which is made if there is none.
    fn of(address: &Arc<Address>) -> Result<Arc<Member>, ClusterError> {
        let members = MEMBERS.get_or_make(Mutex::default);
        let mut members = members.lock().unwrap_or_else(PoisonError::into_inner);
        members.retain(|(_, member)| member.strong_count() > 0);
        let mut same = members.iter().filter(|(known, _)| known == address);
        if let Some(member) = same.find_map(|(_, member)| member.upgrade()) {
            return Ok(member);
        }
        let client = Arc::new(Client::connect(address)?);
        let node_of = {
            let client = Arc::clone(&client);
            move |slot| client.known_node_of(slot)
        };
        let member = Arc::new(Member {
            identity: Identity::draw()?,
            client,
            keeper: Keeper::new(address.lease, Box::new(node_of)),
            presences: Presences::new(),
            keyring: Keyring::read(address)?,
            caretaker: Caretaker::new(),
            is_checked: AtomicBool::new(false),
        });
        members.push((Arc::clone(address), Arc::downgrade(&member)));
        Ok(member)
    }
}

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
        let cluster = Cluster::unchecked(address);
        let is_checked = &cluster.member()?.is_checked;
        if !is_checked.load(Ordering::Relaxed) {
            checks::check(&cluster)?;
            is_checked.store(true, Ordering::Relaxed);
        }
        Ok(cluster)
    }

    /// A cluster of which nobody has made sure that objects can live on it.
    pub(crate) fn unchecked(address: &Address) -> Cluster {
        Cluster(Arc::new(Shared {
            address: Arc::new(address.clone()),
            member: ForkAware::new(),
        }))
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.0.address
    }

    /// How long the server waits for a sign of a process before it gives to others what that process holds.
    pub fn lease(&self) -> Duration {
        self.0.address.lease
    }

    /// Whether values that are more than data, as those that Python pickles are, must be signed: always, unless nothing leaves this machine.
    pub fn requires_signatures(&self) -> bool {
        !self.0.address.is_local()
    }

    /// Makes sure that values which must be signed can be.
    ///
    /// # Errors
    ///
    /// [`ClusterError::NoKey`] if they must, and there is no key.
    pub fn check_signatures(&self) -> Result<(), ClusterError> {
        match self.requires_signatures() && self.keyring()?.is_empty() {
            true => Err(ClusterError::NoKey {
                reason: format!(
                    "whoever can write to the server {} could have this program run what he likes, unless values are signed",
                    self.address()
                ),
            }),
            false => Ok(()),
        }
    }

    /// The keys with which values are signed.
    pub(crate) fn keyring(&self) -> Result<&Keyring, ClusterError> {
        Ok(&self.member()?.keyring)
    }

    /// What has blobs live for as long as this process does, and a while longer.
    pub(crate) fn caretaker(&self) -> Result<&Arc<Caretaker>, ClusterError> {
        Ok(&self.member()?.caretaker)
    }

    pub(crate) fn downgrade(&self) -> WeakCluster {
        let member = self.0.member.get().map(Arc::downgrade);
        WeakCluster {
            address: Arc::clone(&self.0.address),
            member: member.unwrap_or_default(),
            made_in: fork_epoch(),
        }
    }

    fn member(&self) -> Result<&Member, ClusterError> {
        let member = self
            .0
            .member
            .get_or_try_make(|| Member::of(&self.0.address));
        member.map(Arc::as_ref)
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
        self.command_on(&object.key("h"), parts, Effort::Patient)
    }

    /// As [`command`](Self::command), for a key that need not be an object's.
    pub(crate) fn command_on<'a>(
        &self,
        key: &str,
        parts: impl AsRef<[&'a [u8]]>,
        effort: Effort,
    ) -> Result<Reply, ClusterError> {
        self.member()?.client.command(key, parts.as_ref(), effort)
    }

    /// As [`command_on`](Self::command_on), for one that changes what users see.
    pub(crate) fn change_on<'a>(
        &self,
        key: &str,
        parts: impl AsRef<[&'a [u8]]>,
        effort: Effort,
    ) -> Result<Reply, ClusterError> {
        self.member()?.client.change(key, parts.as_ref(), effort)
    }

    /// All servers that are responsible for anything.
    pub(crate) fn nodes(&self) -> Result<Vec<Endpoint>, ClusterError> {
        self.member()?.client.primaries()
    }

    /// Has one of these servers carry out a command, in one attempt.
    pub(crate) fn command_at<'a>(
        &self,
        node: &Endpoint,
        parts: impl AsRef<[&'a [u8]]>,
    ) -> Result<Reply, ClusterError> {
        self.member()?.client.command_at(node, parts.as_ref())
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

    /// As [`wait_for_token`](Self::wait_for_token), but leaves it for somebody else.
    pub(crate) fn watch_for_token(
        &self,
        object: &Object,
        part: &str,
        slice: Duration,
    ) -> Result<(), ClusterError> {
        let key = object.key(part);
        // From the list into itself, in one step.
        let parts: [&[u8]; 6] = [
            b"BLMOVE",
            key.as_bytes(),
            key.as_bytes(),
            b"LEFT",
            b"LEFT",
            &seconds(slice),
        ];
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
