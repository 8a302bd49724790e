//! Which server is responsible for a key.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::discovery::discover;
use super::failure::Failure;
use super::map::Map;
use super::nodes::Nodes;
use crate::Endpoint;

/// So many slots are noted one by one before the whole map is asked for again.
const MOST_CORRECTIONS: u32 = 16;

/// Which server is responsible for a key.
///
/// The map is asked for when nothing is known, and when the server that it names is *suspected*, since a call to it has failed: asking once too often
/// costs a moment, and relying on a map that is no longer true costs every call. What it says about other servers is relied on meanwhile, so that one that is
/// dead does not hold up calls to those that live; and those that are suspected are asked last.
pub(super) struct Routes {
    known: Mutex<Known>,
}

struct Known {
    map: Map,
    suspects: Vec<Endpoint>,
    corrections: u32,
    /// Who is asked first, so that one that knows less than the others is not asked again and again.
    turn: usize,
}

impl Routes {
    pub(super) fn unknown() -> Routes {
        Routes {
            known: Mutex::new(Known {
                map: Map::Unknown,
                suspects: Vec::new(),
                corrections: 0,
                turn: 0,
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The map is to be asked for before anything is sent to this server again.
    pub(super) fn suspect(&self, node: &Endpoint) {
        let mut known = self.lock();
        if !known.suspects.contains(node) {
            known.suspects.push(node.clone());
        }
    }

    /// The server has answered.
    pub(super) fn trust(&self, node: &Endpoint) {
        let mut known = self.lock();
        known.suspects.retain(|suspect| suspect != node);
    }

    /// One slot is elsewhere.
    pub(super) fn correct(&self, slot: u16, node: &Endpoint) {
        let mut known = self.lock();
        known.corrections += 1;
        match known.corrections < MOST_CORRECTIONS {
            true => known.map.correct(slot, node),
            false => known.map = Map::Unknown,
        }
    }

    /// The server that is responsible for a slot, as far as that is known without asking.
    pub(super) fn known_node_of(&self, slot: u16) -> Option<Endpoint> {
        self.lock().map.node_of(slot)
    }

    /// The server that is responsible for a slot.
    pub(super) fn node_of(&self, slot: u16, nodes: &Nodes) -> Result<Endpoint, Failure> {
        let trusted = {
            let known = self.lock();
            let node = known.map.node_of(slot);
            node.filter(|node| !known.suspects.contains(node))
        };
        match trusted {
            Some(node) => Ok(node),
            None => self
                .refresh(nodes)?
                .node_of(slot)
                .ok_or_else(|| Failure::NotNow {
                    code: "CLUSTERDOWN".to_owned(),
                    detail: format!("no node serves the slot {slot}"),
                }),
        }
    }

    /// All servers that are responsible for anything.
    pub(super) fn all(&self, nodes: &Nodes) -> Result<Vec<Endpoint>, Failure> {
        self.refresh(nodes).map(|map| map.all())
    }

    /// Asks whoever answers first.
    fn refresh(&self, nodes: &Nodes) -> Result<Map, Failure> {
        let candidates = self.lock().candidates(nodes.address.endpoints());
        let map = discover(nodes, &candidates)?;
        let mut known = self.lock();
        known.map = map.clone();
        known.corrections = 0;
        Ok(map)
    }
}

impl Known {
    /// Whom to ask: those of the address, and those that are known of the cluster; who is suspected, last.
    fn candidates(&mut self, named: &[Endpoint]) -> Vec<Endpoint> {
        let mut candidates = named.to_vec();
        if let Map::Slots(_) = self.map {
            let others = self.map.all();
            candidates.extend(others.into_iter().filter(|node| !named.contains(node)));
            let turn = self.turn % candidates.len().max(1);
            candidates.rotate_left(turn);
            self.turn = self.turn.wrapping_add(1);
        }
        candidates.sort_by_key(|node| self.suspects.contains(node));
        candidates
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::map::Range;
    use super::*;

    fn node(port: u16) -> Endpoint {
        Endpoint::Tcp("node".to_owned(), port)
    }

    fn cluster() -> Routes {
        let routes = Routes::unknown();
        let range = |first, port| Range {
            first,
            node: node(port),
        };
        routes.lock().map = Map::Slots(BTreeMap::from([(100, range(0, 1)), (200, range(101, 2))]));
        routes
    }

    #[test]
    fn those_that_have_failed_are_asked_last() {
        let routes = cluster();
        routes.suspect(&node(1));
        for _ in 0..3 {
            let candidates = routes.lock().candidates(&[node(1), node(3)]);
            assert_eq!(candidates.len(), 3);
            assert_eq!(candidates.last(), Some(&node(1)));
        }
        routes.trust(&node(1));
        assert!(routes.lock().suspects.is_empty());
    }

    #[test]
    fn after_many_corrections_everything_is_asked_for_anew() {
        let routes = cluster();
        for slot in 0..MOST_CORRECTIONS as u16 {
            assert_eq!(routes.known_node_of(150), Some(node(2)));
            routes.correct(slot, &node(3));
        }
        assert_eq!(routes.known_node_of(150), None);
    }
}
