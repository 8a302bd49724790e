//! Several servers that share the keys between them.

mod creation;
mod view;

use std::io;

use crate::patience::{Complaint, until};
use crate::{Builder, Server};

/// Keys belong to one of so many slots.
const SLOTS: u16 = 16_384;

/// A cluster of three primaries, with a replica for each, that notices a death after two seconds.
///
/// Nothing is kept on disk unless it is [asked for](Self::start_with): a primary that is killed and restarted before its replica has taken over
/// comes back empty, as it would elsewhere.
///
/// # Examples
///
/// ```
/// use procession_test_server::ServerCluster;
///
/// # fn main() -> std::io::Result<()> {
/// let cluster = ServerCluster::start()?;
/// let slot = cluster.slot_of("pc:shop:{queue:orders}:h")?;
/// let killed = cluster.kill_primary_of(slot)?.port();
/// assert_ne!(cluster.primary_of(slot)?.port(), killed);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ServerCluster {
    nodes: Vec<Server>,
}

impl ServerCluster {
    /// Starts a cluster, and returns when every node can be used and every primary has a replica in step.
    ///
    /// # Errors
    ///
    /// As for [`Builder::start`], or the nodes did not find together within half a minute.
    pub fn start() -> io::Result<Self> {
        Self::start_with(&Server::builder())
    }

    /// Starts a cluster of servers with these settings.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub fn start_with(settings: &Builder) -> io::Result<Self> {
        creation::create(settings)
    }

    /// The six servers, dead or alive.
    pub fn nodes(&self) -> &[Server] {
        &self.nodes
    }

    /// The address for clients, with all nodes: `redis://127.0.0.1:port,127.0.0.1:port,…/`.
    pub fn url(&self) -> String {
        let addresses: Vec<String> = self.nodes.iter().map(Server::address).collect();
        let start = self.nodes.first().map(Server::scheme_and_password);
        format!("{}{}/", start.unwrap_or_default(), addresses.join(","))
    }

    /// The slot to which a key belongs.
    ///
    /// # Errors
    ///
    /// No node can be reached.
    pub fn slot_of(&self, key: impl AsRef<[u8]>) -> io::Result<u16> {
        let words: [&[u8]; 3] = [b"CLUSTER", b"KEYSLOT", key.as_ref()];
        let text = self.any()?.command(&words)?.accepted()?.text();
        text.and_then(|slot| slot.parse().ok())
            .ok_or_else(|| io::Error::other("CLUSTER KEYSLOT gave no number"))
    }

    /// The primary of a slot; after its death, waits until the replica has taken over.
    ///
    /// # Errors
    ///
    /// Nobody has taken over within half a minute.
    ///
    /// # If a process dies
    ///
    /// A server that was killed or paused through its [`Server`] is no primary any longer, so that the call waits for another.
    pub fn primary_of(&self, slot: u16) -> io::Result<&Server> {
        until("a primary", || {
            view::owner(self.views(), slot).ok_or_else(|| {
                let seen = self.any().and_then(view::nodes).unwrap_or_default();
                Complaint::NotYet(format!("nobody has slot {slot}; a node sees:\n{seen}"))
            })
        })
    }

    /// The replicas of the primary of a slot, as far as they can be asked.
    ///
    /// # Errors
    ///
    /// As for [`primary_of`](Self::primary_of).
    pub fn replicas_of(&self, slot: u16) -> io::Result<Vec<&Server>> {
        let primary = self.primary_of(slot)?;
        let id = view::of(primary)?.id;
        let replicas = self.views().filter(|(_, view)| view.primary == id);
        Ok(replicas.map(|(node, _)| node).collect())
    }

    /// Kills the primary of a slot with SIGKILL, and returns which one that was. Its replica takes over after a few seconds: see
    /// [`primary_of`](Self::primary_of).
    ///
    /// # Errors
    ///
    /// As for [`primary_of`](Self::primary_of).
    pub fn kill_primary_of(&self, slot: u16) -> io::Result<&Server> {
        let primary = self.primary_of(slot)?;
        primary.kill()?;
        Ok(primary)
    }

    /// Waits until every node that was not killed or paused says that all slots are served.
    ///
    /// It takes the nodes a while to notice a death: after one, wait for the new [primary](Self::primary_of) first.
    ///
    /// # Errors
    ///
    /// A node does not say so within half a minute.
    pub fn until_ok(&self) -> io::Result<()> {
        let mut running = self.nodes.iter().filter(|node| node.is_awake());
        running.try_for_each(creation::until_ok)
    }

    /// Any node that can be asked.
    fn any(&self) -> io::Result<&Server> {
        self.nodes
            .iter()
            .find(|node| node.is_awake())
            .ok_or_else(|| io::Error::other("no node is left to be asked"))
    }

    /// What the nodes think of themselves, as far as they answer.
    fn views(&self) -> impl Iterator<Item = (&Server, view::View)> {
        let running = self.nodes.iter().filter(|node| node.is_awake());
        running.filter_map(|node| Some((node, view::of(node).ok()?)))
    }
}
