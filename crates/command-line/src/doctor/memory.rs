//! Whether the server has room, and what it does when it has none.

use procession_cluster::inspect::Node;

use super::finding::Finding;
use super::{number, said};

pub(super) fn findings(node: &Node) -> Vec<Finding> {
    vec![eviction(node), room(node)]
}

fn eviction(node: &Node) -> Finding {
    let policy = said(node, "maxmemory_policy");
    let is_limited = number(node, "maxmemory").is_some_and(|limit| limit > 0);
    let remedy = "CONFIG SET maxmemory-policy noeviction: otherwise queues, locks and results vanish when the memory is full";
    match (policy, is_limited) {
        ("noeviction", _) => match number(node, "evicted_keys").unwrap_or(0) {
            0 => Finding::fine("nothing is thrown away when the memory is full"),
            evicted => Finding::weak(
                format!(
                    "nothing is thrown away when the memory is full, but {evicted} keys were since the server was started"
                ),
                "it had another `maxmemory-policy` then; look whether something is missing",
            ),
        },
        (policy, true) => Finding::broken(
            format!("keys are thrown away when the memory is full ({policy})"),
            remedy,
        ),
        (policy, false) => Finding::weak(
            format!("keys would be thrown away if the memory was limited ({policy})"),
            remedy,
        ),
    }
}

fn room(node: &Node) -> Finding {
    let used = number(node, "used_memory").unwrap_or(0);
    let limit = number(node, "maxmemory").filter(|limit| *limit > 0);
    let total = number(node, "total_system_memory").filter(|total| *total > 0);
    let (what, limit) = match (limit, total) {
        (Some(limit), _) => (
            format!("{} of {} of memory are used", size(used), size(limit)),
            limit,
        ),
        (None, Some(total)) => (
            format!(
                "{} of memory are used, not limited on a machine with {}",
                size(used),
                size(total)
            ),
            total,
        ),
        (None, None) => return Finding::fine(format!("{} of memory are used", size(used))),
    };
    match used as f64 / limit as f64 {
        full if full >= 0.95 => Finding::broken(
            what,
            "take something out (`queues` shows where it is), or give the server more memory: it refuses puts",
        ),
        much if much >= 0.7 => Finding::weak(
            what,
            "give the server more memory, or put less in at a time (maxsize=): when it is full, it refuses puts",
        ),
        _ => Finding::fine(what),
    }
}

/// A number of bytes, in the largest unit that fits.
pub(super) fn size(bytes: u64) -> String {
    let mut number = bytes as f64;
    for unit in ["bytes", "KiB", "MiB", "GiB"] {
        if number < 1024.0 {
            return match unit {
                "bytes" => format!("{number:.0} {unit}"),
                unit => format!("{number:.1} {unit}"),
            };
        }
        number /= 1024.0;
    }
    format!("{number:.1} TiB")
}

#[cfg(test)]
mod tests {
    use super::super::finding::Verdict::{Broken, Fine, Weak};
    use super::super::node;
    use super::*;

    #[test]
    fn servers_that_forget_are_found() {
        let found = |policy, limit| {
            eviction(&node(&[("maxmemory_policy", policy), ("maxmemory", limit)])).verdict
        };
        assert_eq!(found("noeviction", "1000"), Fine);
        assert_eq!(found("allkeys-lru", "1000"), Broken);
        assert_eq!(found("allkeys-lru", "0"), Weak);
        assert_eq!(eviction(&node(&[("evicted_keys", "3")])).verdict, Weak);
    }

    #[test]
    fn servers_that_are_nearly_full_are_found() {
        let found =
            |used, limit| room(&node(&[("used_memory", used), ("maxmemory", limit)])).verdict;
        assert_eq!(found("69", "100"), Fine);
        assert_eq!(found("70", "100"), Weak);
        assert_eq!(found("95", "100"), Broken);
        // Of the machine's thousand million.
        assert_eq!(found("800000000", "0"), Weak);
    }

    #[test]
    fn sizes_have_the_largest_unit_that_fits() {
        assert_eq!(
            [0, 1023, 1024, 3 << 29, 1 << 50].map(size),
            ["0 bytes", "1023 bytes", "1.0 KiB", "1.5 GiB", "1024.0 TiB"]
        );
    }
}
