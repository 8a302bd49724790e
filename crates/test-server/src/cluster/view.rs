//! What a node thinks of itself.

use std::io;
use std::ops::RangeInclusive;

use crate::Server;

/// The line about itself in a node's `CLUSTER NODES`.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) node: &'a Server,
    pub(super) id: String,
    /// Whose replica it is; `-` for a primary.
    pub(super) primary: String,
    /// Of two nodes that claim a slot, the one with the higher epoch is right.
    pub(super) epoch: u64,
    is_primary: bool,
    slots: Vec<RangeInclusive<u16>>,
}

impl View<'_> {
    pub(super) fn is_primary_of(&self, slot: u16) -> bool {
        self.is_primary && self.slots.iter().any(|range| range.contains(&slot))
    }
}

pub(super) fn of(node: &Server) -> io::Result<View<'_>> {
    let reply = node.command(&["CLUSTER", "NODES"])?.accepted()?;
    let text = reply.text().unwrap_or_default();
    text.lines()
        .find_map(|line| parse(node, line))
        .ok_or_else(|| io::Error::other(format!("CLUSTER NODES without the node itself:\n{text}")))
}

/// `id address flags primary ping pong epoch link slots…`
fn parse<'a>(node: &'a Server, line: &str) -> Option<View<'a>> {
    let mut words = line.split_whitespace();
    let id = words.next()?.to_owned();
    let flags: Vec<&str> = words.nth(1)?.split(',').collect();
    let primary = words.next()?.to_owned();
    let epoch = words.nth(2)?.parse().ok()?;
    let slots = words.skip(1).filter_map(range).collect();
    flags.contains(&"myself").then(|| View {
        node,
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

    #[test]
    fn ranges_are_read_and_slots_under_way_are_not() {
        assert_eq!(range("7"), Some(7..=7));
        assert_eq!(range("0-5460"), Some(0..=5460));
        assert_eq!(range("[93-<-292f8b36]"), None);
    }
}
