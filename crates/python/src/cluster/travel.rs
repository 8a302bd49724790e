//! How an object on a server travels: by name.
//!
//! Whoever reads the name must know the server. Within a session, whose memory nobody else can read, the address goes along, password and all. In what goes
//! to a server no address stands, which means the server through which it comes. What a worker of a host agent sends within its session may well go on to
//! the agent's server, so that there, too, no address stands for *the* server: the one that `PROCESSION_URL` names.

use procession_cluster::{Address, Cluster, ClusterError};

use crate::transfer::{Bound, bound_for, origin};

/// What tells workers of a host agent which server it serves.
const HOME: &str = "PROCESSION_URL";

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
        Bound::Session if is_home(cluster) => Ok(Some(String::new())),
        Bound::Session => Ok(Some(cluster.address().url().to_owned())),
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

fn is_home(cluster: &Cluster) -> bool {
    std::env::var(HOME).is_ok_and(|url| {
        let home: Result<Address, _> = url.parse();
        home.is_ok_and(|home| home == *cluster.address())
    })
}

fn home() -> Result<Cluster, ClusterError> {
    let url = std::env::var(HOME).map_err(|_| ClusterError::Address {
        reason: format!(
            "an object on a server has arrived without an address, and {HOME} does not say which server this process belongs to"
        ),
    })?;
    Cluster::connect(&url.parse()?)
}
