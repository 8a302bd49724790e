//! How an object on a server travels: by name.
//!
//! Whoever reads the name must know the server. Within a session, whose memory nobody else can read, the address goes along, password and all. In what goes
//! to a server no address stands, which means the server through which it comes. What a worker of a host agent sends within its session may well go on to
//! the agent's server, so that there, too, no address stands for *the* server: the one that `PROCESSION_URL` names.

use procession_cluster::{Cluster, ClusterError, address_within_session, home};

use crate::transfer::{Bound, bound_for, origin};

/// What stands for the server in the value that is being encoded; `None` if none is.
pub(super) fn departing(cluster: &Cluster) -> Result<Option<String>, ClusterError> {
    match bound_for() {
        Bound::Nowhere => Ok(None),
        Bound::Server(to) if to == *cluster => Ok(Some(String::new())),
        Bound::Server(to) => Err(ClusterError::Address {
            reason: format!(
                "an object on {} cannot go to {}: a value that goes to a server can only name objects on the same one",
                cluster.address(),
                to.address()
            ),
        }),
        Bound::Session => Ok(Some(address_within_session(cluster).unwrap_or_default())),
    }
}

/// The server for which that stood.
pub(super) fn arrived(address: &str) -> Result<Cluster, ClusterError> {
    match (address, origin()) {
        ("", Some(origin)) => Ok(origin),
        ("", None) => home(),
        (address, _) => Cluster::connect(&address.parse()?),
    }
}
