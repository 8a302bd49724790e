//! The server that a worker host serves, and what is written in place of servers in values within a session.

use crate::{Address, Cluster, ClusterError};

/// What tells workers of a host which server it serves.
const HOME: &str = "PROCESSION_URL";

/// What stands for a server in a value that stays within the session, whose memory nobody else can read: its address, password and all.
///
/// A worker of a host cannot know whether what it sends stays there: its results go on to the host's server. So there that server is not named at
/// all, and any other one without its password, which whoever reads it must then have from `PROCESSION_PASSWORD_FILE`.
pub fn address_within_session(cluster: &Cluster) -> Option<String> {
    name_in(home_address().as_ref(), cluster.address())
}

fn name_in(home: Option<&Address>, address: &Address) -> Option<String> {
    match home {
        None => Some(address.url().to_owned()),
        Some(home) if home == address => None,
        Some(_) => Some(address.url_without_password()),
    }
}

/// The server that this process's host serves.
///
/// # Errors
///
/// [`ClusterError::Address`] if this is no worker of a host, or `PROCESSION_URL` is wrong; those of [`Cluster::connect`].
pub fn home() -> Result<Cluster, ClusterError> {
    let url = std::env::var(HOME).map_err(|_| ClusterError::Address {
        reason: format!(
            "an object on a server has arrived without an address, and {HOME} does not say which server this process belongs to"
        ),
    })?;
    Cluster::connect(&url.parse()?)
}

fn home_address() -> Option<Address> {
    std::env::var(HOME).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_of_a_host_tells_no_passwords() {
        let address = |url: &str| url.parse::<Address>().unwrap();
        let (home, other) = (
            address("redis://ada:secret@here/?namespace=a"),
            address("redis://ada:secr@t@there/?namespace=a"),
        );
        assert_eq!(name_in(Some(&home), &home), None);
        let named = name_in(Some(&home), &other);
        assert_eq!(named.as_deref(), Some("redis://ada@there/?namespace=a"));
        let named = name_in(None, &other);
        assert_eq!(named.as_deref(), Some(other.url()));
    }
}
