//! What a node thinks of itself.

use std::io;
use std::ops::RangeInclusive;

use crate::Server;

/// The line about itself in a node's `CLUSTER NODES`.
#[derive(Debug)]
pub(super) struct View {
    pub(super) id: String,
    /// Whose replica it is; `-` for a primary.
    pub(super) primary: String,
    epoch: u64,
    is_primary: bool,
    slots: Vec<RangeInclusive<u16>>,
}

impl View {
    fn is_primary_of(&self, slot: u16) -> bool {
        self.is_primary && self.slots.iter().any(|range| range.contains(&slot))
    }
}

/// All that a node knows of the cluster, a line for each node.
pub(super) fn nodes(node: &Server) -> io::Result<String> {
    let reply = node.command(&["CLUSTER", "NODES"])?.accepted()?;
    Ok(reply.text().unwrap_or_default())
}

pub(super) fn of(node: &Server) -> io::Result<View> {
    let text = nodes(node)?;
    text.lines()
        .find_map(parse)
        .ok_or_else(|| io::Error::other(format!("CLUSTER NODES without the node itself:\n{text}")))
}

/// Whether a node knows so many primaries, with a replica each, and is connected to all of them. Before that, it may not vote for a replica that it has not met.
pub(super) fn is_complete(nodes: &str, primaries: usize) -> bool {
    let met = |line: &&str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let flags = words.get(2).copied().unwrap_or_default();
        let settled = ["master", "slave", "myself,master", "myself,slave"];
        settled.contains(&flags) && words.get(7) == Some(&"connected")
    };
    let met: Vec<&str> = nodes.lines().filter(met).collect();
    let replicas = met.iter().filter(|line| line.contains("slave ")).count();
    nodes.lines().count() == 2 * primaries && met.len() == 2 * primaries && replicas == primaries
}

/// Whose slot it is. Of two nodes that claim it, the one with the lower epoch has been dead or unreachable and does not yet know that
/// it was replaced.
pub(super) fn owner<N>(views: impl Iterator<Item = (N, View)>, slot: u16) -> Option<N> {
    views
        .filter(|(_, view)| view.is_primary_of(slot))
        .max_by_key(|(_, view)| view.epoch)
        .map(|(node, _)| node)
}

/// `id address flags primary ping pong epoch link slots…`
fn parse(line: &str) -> Option<View> {
    let mut words = line.split_whitespace();
    let id = words.next()?.to_owned();
    let flags: Vec<&str> = words.nth(1)?.split(',').collect();
    let primary = words.next()?.to_owned();
    let epoch = words.nth(2)?.parse().ok()?;
    let slots = words.skip(1).filter_map(range).collect();
    flags.contains(&"myself").then(|| View {
        id,
        primary,
        epoch,
        is_primary: flags.contains(&"master"),
        slots,
    })
}

/// `7` or `0-5460`; a slot that is on its way stands in brackets, besides the ranges.
fn range(word: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    Some(first.parse().ok()?..=last.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIMARY: &str = "aa 127.0.0.1:1@2 myself,master - 0 0 1 connected 0-5460 7000";
    const REPLICA: &str = "bb 127.0.0.1:3@4 myself,slave aa 0 0 1 connected";
    const SUCCESSOR: &str = "bb 127.0.0.1:3@4 myself,master - 0 0 7 connected 0-5460 7000";

    fn owner_among(lines: [&str; 2], slot: u16) -> Option<usize> {
        let views = lines.map(|line| parse(line).unwrap());
        owner(views.into_iter().enumerate(), slot)
    }

    #[test]
    fn a_line_tells_who_is_who() {
        let replica = parse(REPLICA).unwrap();
        assert_eq!([&replica.id, &replica.primary], ["bb", "aa"]);
        assert!(parse("cc 127.0.0.1:5@6 master - 0 0 2 connected 5461-10922").is_none());
        assert!(parse("").is_none());
    }

    #[test]
    fn a_slot_belongs_to_the_primary_that_has_it() {
        for (slot, owner) in [(0, Some(0)), (5460, Some(0)), (5461, None), (7000, Some(0))] {
            assert_eq!(owner_among([PRIMARY, REPLICA], slot), owner, "slot {slot}");
        }
    }

    #[test]
    fn of_two_that_claim_a_slot_the_successor_has_it() {
        assert_eq!(owner_among([PRIMARY, SUCCESSOR], 0), Some(1));
        assert_eq!(owner_among([SUCCESSOR, PRIMARY], 0), Some(0));
    }

    #[test]
    fn a_node_must_have_met_all_others() {
        let met = "cc 127.0.0.1:5@6 slave aa 0 1 1 connected";
        let shaking = "cc 127.0.0.1:5@6 handshake - 0 1 0 disconnected";
        let lost = "cc 127.0.0.1:5@6 slave,fail aa 0 1 1 connected";
        let apart = "cc 127.0.0.1:5@6 slave aa 0 1 1 disconnected";
        let second = "cc 127.0.0.1:5@6 master - 0 1 1 connected";
        assert!(is_complete(&[PRIMARY, met].join("\n"), 1));
        for other in [shaking, lost, apart, second, ""] {
            assert!(!is_complete(&[PRIMARY, other].join("\n"), 1), "{other}");
        }
        assert!(!is_complete(&[PRIMARY, met, shaking].join("\n"), 1));
    }

    #[test]
    fn ranges_are_read_and_slots_under_way_are_not() {
        assert_eq!(range("7"), Some(7..=7));
        assert_eq!(range("0-5460"), Some(0..=5460));
        assert_eq!(range("[93-<-292f8b36]"), None);
    }
}
