//! How the handle of an object on a server travels: by name.
//!
//! Whoever reads it must know the server. Within a session, whose memory nobody else can read, the address goes along, password and all. What
//! goes to a server names no address: it means the server through which it comes. And what a worker of a host agent sends within its session may
//! well go on to the agent's server, so that there, too, no address stands for *the* server: the one that `PROCESSION_URL` names.

use std::cell::RefCell;

use procession_cluster::{Cluster, ClusterError, address_within_session, home};
use serde::{Deserialize, Serialize};

thread_local! {
    /// Where the value goes that this thread is just encoding, if that is a server.
    static TO: RefCell<Option<Cluster>> = const { RefCell::new(None) };
    /// Where the value comes from that this thread is just decoding, if that is a server.
    static FROM: RefCell<Option<Cluster>> = const { RefCell::new(None) };
}

/// The name of an object on a server, as it is written.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ServerName {
    /// `None` for the one through which the value comes.
    address: Option<String>,
    pub(crate) name: String,
}

impl ServerName {
    /// The name of an object of that cluster, for the value that is just being encoded.
    pub(crate) fn of(cluster: &Cluster, name: &str) -> Result<ServerName, ClusterError> {
        let address = match TO.with_borrow(Option::clone) {
            Some(to) if to == *cluster => None,
            Some(to) => {
                return Err(ClusterError::Address {
                    reason: format!(
                        "an object on {} cannot go to {}: a value that goes to a server can only name objects on the same one",
                        cluster.address(),
                        to.address()
                    ),
                });
            }
            None => address_within_session(cluster),
        };
        Ok(ServerName {
            address,
            name: name.to_owned(),
        })
    }

    /// The server that keeps the object.
    pub(crate) fn cluster(&self) -> Result<Cluster, ClusterError> {
        match &self.address {
            Some(address) => Cluster::connect(&address.parse()?),
            None => match FROM.with_borrow(Option::clone) {
                Some(from) => Ok(from),
                None => home(),
            },
        }
    }
}

pub(super) fn is_bound_for_server() -> bool {
    TO.with_borrow(Option::is_some)
}

/// While it exists, what this thread encodes goes to a server.
pub(crate) struct ToServer(Option<Cluster>);

impl ToServer {
    pub(crate) fn begin(cluster: &Cluster) -> ToServer {
        ToServer(TO.replace(Some(cluster.clone())))
    }
}

impl Drop for ToServer {
    fn drop(&mut self) {
        // A thread that is ending encodes nothing more.
        let _ = TO.try_with(|to| to.replace(self.0.take()));
    }
}

/// While it exists, what this thread decodes comes from a server.
pub(crate) struct FromServer(Option<Cluster>);

impl FromServer {
    pub(crate) fn begin(cluster: &Cluster) -> FromServer {
        FromServer(FROM.replace(Some(cluster.clone())))
    }
}

impl Drop for FromServer {
    fn drop(&mut self) {
        // A thread that is ending decodes nothing more.
        let _ = FROM.try_with(|from| from.replace(self.0.take()));
    }
}
