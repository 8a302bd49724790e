//! What is known about which server keeps which slot.

use std::collections::BTreeMap;

use crate::Endpoint;

/// What is known about who is responsible.
#[derive(Clone, Debug)]
pub(super) enum Map {
    /// Nothing: whoever needs it finds out.
    Unknown,
    /// One server for all.
    Single(Endpoint),
    /// The nodes of a cluster, by the last slot of each range.
    Slots(BTreeMap<u16, Range>),
}

/// Slots that follow each other and are on one node.
#[derive(Clone, Debug)]
pub(super) struct Range {
    pub(super) first: u16,
    pub(super) node: Endpoint,
}

impl Map {
    /// The server that keeps a slot; `None` if nothing is known of it.
    pub(super) fn node_of(&self, slot: u16) -> Option<Endpoint> {
        match self {
            Map::Unknown => None,
            Map::Single(node) => Some(node.clone()),
            Map::Slots(ranges) => {
                let (_, range) = ranges.range(slot..).next()?;
                (range.first <= slot).then(|| range.node.clone())
            }
        }
    }

    /// All servers that it names, each once.
    pub(super) fn all(&self) -> Vec<Endpoint> {
        let mut all: Vec<Endpoint> = match self {
            Map::Unknown => Vec::new(),
            Map::Single(node) => vec![node.clone()],
            Map::Slots(ranges) => ranges.values().map(|range| range.node.clone()).collect(),
        };
        all.sort();
        all.dedup();
        all
    }

    /// One slot is elsewhere; its range is split around it.
    pub(super) fn correct(&mut self, slot: u16, node: &Endpoint) {
        let Map::Slots(ranges) = self else {
            // What was taken for a single server is part of a cluster.
            *self = Map::Unknown;
            return;
        };
        let found = ranges.range(slot..).next();
        let found = found.map(|(last, range)| (*last, range.clone()));
        if let Some((last, range)) = found.filter(|(_, range)| range.first <= slot) {
            ranges.remove(&last);
            let Range { first, node } = range;
            if first < slot {
                let node = node.clone();
                ranges.insert(slot - 1, Range { first, node });
            }
            if slot < last {
                let first = slot + 1;
                ranges.insert(last, Range { first, node });
            }
        }
        let node = node.clone();
        ranges.insert(slot, Range { first: slot, node });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(port: u16) -> Endpoint {
        Endpoint::Tcp("node".to_owned(), port)
    }

    #[test]
    fn one_slot_moves_out_of_the_middle_of_its_range() {
        let range = Range {
            first: 0,
            node: node(1),
        };
        let mut map = Map::Slots(BTreeMap::from([(100, range)]));
        map.correct(50, &node(2));
        map.correct(0, &node(3));
        map.correct(100, &node(3));
        map.correct(200, &node(4));
        let expected = [
            (0, 3),
            (1, 1),
            (49, 1),
            (50, 2),
            (51, 1),
            (99, 1),
            (100, 3),
            (200, 4),
        ];
        for (slot, port) in expected {
            assert_eq!(map.node_of(slot), Some(node(port)), "{slot}");
        }
        assert_eq!(map.node_of(101), None);
        assert_eq!(map.node_of(201), None);
        assert_eq!(map.all(), [1, 2, 3, 4].map(node));
    }

    #[test]
    fn a_single_server_that_names_others_is_a_cluster() {
        let mut map = Map::Single(node(1));
        map.correct(7, &node(2));
        assert_eq!(map.node_of(7), None);
    }
}
