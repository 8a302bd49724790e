//! What a process is called while it holds messages.

use std::fs;
use std::process;
use std::sync::OnceLock;

use crate::{Cluster, ClusterError};

/// The longest part of a machine's name that is noted.
const LONGEST_HOST: usize = 64;

/// A name for a lease: whose it is, for people, and something that was never used before.
pub(super) fn fresh(cluster: &Cluster) -> Result<String, ClusterError> {
    let (host, pid) = (host(), process::id());
    Ok(format!("{host}:{pid}:{}", cluster.fresh_name()?))
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

fn host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| {
        let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        // Others would make keys that nobody can read.
        let is_plain = |letter: &char| letter.is_ascii_alphanumeric() || "._-".contains(*letter);
        let name: String = name.chars().filter(is_plain).take(LONGEST_HOST).collect();
        match name.is_empty() {
            true => "unknown".to_owned(),
            false => name,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_tells_whose_it_is() {
        assert_eq!(holder("node-7:4711:00ff"), ("node-7".to_owned(), 4711));
        assert_eq!(holder(""), (String::new(), 0));
    }
}
