//! How safe what a call stores is to be before it returns.

use std::time::Duration;

use crate::ClusterError;
use crate::reply::Reply;

/// How safe what a call stores is to be before it returns: `durability=` in an [`Address`](crate::Address).
///
/// Messages put, changes of dicts, lists, values, arrays and events, and making and unlinking objects are waited for. What is taken, held or waited for is not: that has its
/// own protection against what a failover forgets, as leases and redelivery; nor are the tasks of pools, which their clients submit again.
///
/// # Examples
///
/// ```
/// use procession_cluster::{Address, Durability};
///
/// let address: Address = "redis://127.0.0.1/?durability=replica".parse()?;
/// assert_eq!(address.durability(), Durability::Replica);
/// # Ok::<_, procession_cluster::ClusterError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Durability {
    /// The server has made it, and may lose it in a failover.
    #[default]
    Server,
    /// A replica has it as well.
    Replica,
    /// It is on the disk of the server. Servers can tell from Redis 7.2 on.
    Disk,
}

impl Durability {
    /// That of this name.
    pub(super) fn named(name: &str) -> Option<Durability> {
        let all = [Durability::Server, Durability::Replica, Durability::Disk];
        all.into_iter().find(|durability| durability.name() == name)
    }

    /// As it stands in an address.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Durability::Server => "server",
            Durability::Replica => "replica",
            Durability::Disk => "disk",
        }
    }

    /// Asks a server whether all that was done over the connection is as durable as this. It thinks about it until it is, for so long at most.
    pub(crate) fn question(self, thinking: Duration) -> Vec<Vec<u8>> {
        let words: &[&[u8]] = match self {
            Durability::Server => &[b"WAIT", b"0"],
            Durability::Replica => &[b"WAIT", b"1"],
            Durability::Disk => &[b"WAITAOF", b"1", b"0"],
        };
        // Zero would be for ever.
        let thinking = thinking.as_millis().max(1).to_string();
        let words = words.iter().copied().chain([thinking.as_bytes()]);
        words.map(<[u8]>::to_vec).collect()
    }

    /// Whether the answer is that it is.
    pub(crate) fn is_confirmed_by(self, answer: &Reply) -> Result<bool, ClusterError> {
        match (self, answer) {
            (Durability::Server, _) => Ok(true),
            (Durability::Replica, replicas) => Ok(replicas.count()? > 0),
            // On how many disks: its own, and those of replicas.
            (Durability::Disk, Reply::Array(disks)) => match disks.first() {
                Some(own) => Ok(own.count()? > 0),
                None => Err(ClusterError::protocol("nothing about its disk")),
            },
            (Durability::Disk, other) => Err(ClusterError::protocol(format!("{other:?}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_never_waits_for_ever() {
        for durability in [Durability::Server, Durability::Replica, Durability::Disk] {
            let question = durability.question(Duration::ZERO);
            assert_eq!(question.last().map(Vec::as_slice), Some(b"1".as_slice()));
        }
    }

    #[test]
    fn one_confirmation_is_enough_but_of_the_right_kind() {
        let [none, one] = [Reply::Integer(0), Reply::Integer(1)];
        let disks = |own: &Reply, others: &Reply| Reply::Array(vec![own.clone(), others.clone()]);
        let is_confirmed =
            |durability: Durability, answer: &Reply| durability.is_confirmed_by(answer);
        assert_eq!(is_confirmed(Durability::Replica, &none), Ok(false));
        assert_eq!(is_confirmed(Durability::Replica, &one), Ok(true));
        assert_eq!(
            is_confirmed(Durability::Disk, &disks(&none, &one)),
            Ok(false)
        );
        assert_eq!(
            is_confirmed(Durability::Disk, &disks(&one, &none)),
            Ok(true)
        );
        assert!(is_confirmed(Durability::Disk, &one).is_err());
    }
}
