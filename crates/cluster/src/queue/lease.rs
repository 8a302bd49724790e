//! What a process is called while it holds messages.

use crate::{Cluster, ClusterError, Owner};

/// The longest part of a machine's name that is noted.
const LONGEST_HOST: usize = 64;

/// A name for a lease: whose it is, for people, and something that was never used before.
pub(super) fn fresh(cluster: &Cluster) -> Result<String, ClusterError> {
    let Owner { pid, host } = Owner::this_process();
    Ok(format!("{}:{pid}:{}", tame(&host), cluster.fresh_name()?))
}

/// As much of the machine's name as can stand in a key.
fn tame(host: &str) -> String {
    let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || "._-".contains(*letter);
    host.chars().filter(is_plain).take(LONGEST_HOST).collect()
}

/// The part of the queue that has what the lease covers.
pub(super) fn part(lease: &str) -> String {
    format!("l:{lease}")
}

/// The machine and the process in the name of a lease.
pub(super) fn holder(lease: &str) -> (String, u32) {
    let mut parts = lease.split(':');
    let host = parts.next().unwrap_or_default().to_owned();
    let pid = parts.next().and_then(|pid| pid.parse().ok());
    (host, pid.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_tells_whose_it_is() {
        assert_eq!(holder("node-7:4711:00ff"), ("node-7".to_owned(), 4711));
        assert_eq!(holder(""), (String::new(), 0));
        assert_eq!(
            holder(&format!("{}:1:f", tame("my node: 7"))),
            ("mynode7".to_owned(), 1)
        );
    }
}
