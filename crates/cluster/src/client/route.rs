//! Which server is responsible for a key.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::connection::Connection;
use super::failure::Failure;
use super::nodes::Nodes;
use super::request::Request;
use super::secrets::Secrets;
use crate::address::Topology;
use crate::reply::Reply;
use crate::{Address, Endpoint};

/// What is known about who is responsible.
#[derive(Debug)]
enum Map {
    /// Nothing: whoever needs it finds out.
    Unknown,
    /// One server for all.
    Single(Endpoint),
    /// The nodes of a cluster, by the last slot of each range.
    Slots(BTreeMap<u16, Range>),
}

#[derive(Clone, Debug)]
struct Range {
    first: u16,
    node: Endpoint,
}

/// Which server is responsible for a key.
///
/// The map is asked for when nothing is known, and forgotten after any failure: asking once too often costs a moment, and
/// relying on a map that is no longer true costs every call.
pub(super) struct Routes {
    map: Mutex<Map>,
}

impl Routes {
    pub(super) fn unknown() -> Routes {
        Routes {
            map: Mutex::new(Map::Unknown),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Map> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing is known any more.
    pub(super) fn forget(&self) {
        *self.lock() = Map::Unknown;
    }

    /// One slot is elsewhere.
    pub(super) fn correct(&self, slot: u16, node: &Endpoint) {
        let mut map = self.lock();
        if let Map::Slots(ranges) = &mut *map {
            // Its range is split around it; the next failure has all of them asked for.
            let found = ranges
                .range(slot..)
                .next()
                .map(|(last, range)| (*last, range.clone()));
            if let Some((last, range)) = found.filter(|(_, range)| range.first <= slot) {
                ranges.remove(&last);
                if range.first < slot {
                    ranges.insert(slot - 1, range.clone());
                }
                if slot < last {
                    ranges.insert(
                        last,
                        Range {
                            first: slot + 1,
                            node: range.node,
                        },
                    );
                }
            }
            ranges.insert(
                slot,
                Range {
                    first: slot,
                    node: node.clone(),
                },
            );
        } else {
            *map = Map::Unknown;
        }
    }

    /// The server that is responsible for a slot.
    pub(super) fn node_of(
        &self,
        slot: u16,
        address: &Address,
        secrets: &Secrets,
        nodes: &Nodes,
    ) -> Result<Endpoint, Failure> {
        if let Some(known) = self.lock().node_of(slot) {
            return known;
        }
        let map = discover(address, secrets, nodes)?;
        let node = map.node_of(slot);
        *self.lock() = map;
        node.unwrap_or_else(|| Err(Failure::Broken("no server is known".to_owned())))
    }

    /// All servers that are responsible for anything.
    pub(super) fn all(
        &self,
        address: &Address,
        secrets: &Secrets,
        nodes: &Nodes,
    ) -> Result<Vec<Endpoint>, Failure> {
        let map = discover(address, secrets, nodes)?;
        let mut all = match &map {
            Map::Unknown => Vec::new(),
            Map::Single(node) => vec![node.clone()],
            Map::Slots(ranges) => ranges.values().map(|range| range.node.clone()).collect(),
        };
        *self.lock() = map;
        all.sort();
        all.dedup();
        Ok(all)
    }
}

impl Map {
    /// `None` if nothing is known.
    fn node_of(&self, slot: u16) -> Option<Result<Endpoint, Failure>> {
        match self {
            Map::Unknown => None,
            Map::Single(node) => Some(Ok(node.clone())),
            Map::Slots(ranges) => {
                let range = ranges.range(slot..).next().map(|(_, range)| range);
                let node = range
                    .filter(|range| range.first <= slot)
                    .map(|range| range.node.clone());
                Some(node.ok_or_else(|| Failure::NotNow {
                    code: "CLUSTERDOWN".to_owned(),
                    detail: format!("no node serves the slot {slot}"),
                }))
            }
        }
    }
}

/// Asks whoever answers first.
fn discover(address: &Address, secrets: &Secrets, nodes: &Nodes) -> Result<Map, Failure> {
    let mut last = Failure::Broken("the address names no server".to_owned());
    for endpoint in address.endpoints() {
        let found = match &address.topology {
            Topology::Nodes(_) => ask_node(address, secrets, nodes, endpoint),
            Topology::Sentinels { service, .. } => {
                ask_sentinel(address, secrets, endpoint, service)
            }
        };
        match found {
            Ok(map) => return Ok(map),
            Err(Failure::Final(error)) => return Err(Failure::Final(error)),
            Err(failure) => last = failure,
        }
    }
    Err(last)
}

fn ask_node(
    address: &Address,
    secrets: &Secrets,
    nodes: &Nodes,
    endpoint: &Endpoint,
) -> Result<Map, Failure> {
    let mut connection = nodes.take(address, secrets, endpoint)?;
    let slots = connection.ask(
        Request::command(&[b"CLUSTER", b"SLOTS"]).packed(),
        Duration::ZERO,
    );
    let map = match slots {
        Ok(slots) => Map::Slots(ranges(slots, endpoint)?),
        // "This instance has cluster support disabled"
        Err(Failure::Final(crate::ClusterError::Protocol { .. })) => Map::Single(endpoint.clone()),
        Err(failure) => return Err(failure),
    };
    nodes.put_back(endpoint, connection);
    Ok(map)
}

/// Reads lists of {first slot, last slot, {host, port, …} of the primary, …}.
fn ranges(slots: Reply, asked: &Endpoint) -> Result<BTreeMap<u16, Range>, Failure> {
    let mut ranges = BTreeMap::new();
    for range in slots.into_array().map_err(Failure::Final)? {
        let mut parts = range.into_array().map_err(Failure::Final)?.into_iter();
        let mut number = || {
            let number = parts.next().and_then(|part| part.integer().ok());
            number.and_then(|number| u16::try_from(number).ok())
        };
        let (Some(first), Some(last)) = (number(), number()) else {
            return Err(unintelligible());
        };
        let primary = parts.next().ok_or_else(unintelligible)?;
        let node = primary_of(primary, asked)?;
        ranges.insert(last, Range { first, node });
    }
    Ok(ranges)
}

fn primary_of(primary: Reply, asked: &Endpoint) -> Result<Endpoint, Failure> {
    let mut parts = primary.into_array().map_err(Failure::Final)?.into_iter();
    let host = parts
        .next()
        .and_then(|host| host.into_text().ok())
        .unwrap_or_default();
    let port = parts.next().and_then(|port| port.integer().ok());
    let port = port
        .and_then(|port| u16::try_from(port).ok())
        .ok_or_else(unintelligible)?;
    // A node that does not know its own name means the one under which it was reached.
    match (host.as_str(), asked) {
        ("" | "?", Endpoint::Tcp(asked, _)) => Ok(Endpoint::Tcp(asked.clone(), port)),
        _ => Ok(Endpoint::Tcp(host, port)),
    }
}

fn ask_sentinel(
    address: &Address,
    secrets: &Secrets,
    endpoint: &Endpoint,
    service: &str,
) -> Result<Map, Failure> {
    let mut connection = Connection::open(address, secrets, endpoint)?;
    let question = Request::command(&[b"SENTINEL", b"GET-MASTER-ADDR-BY-NAME", service.as_bytes()]);
    let answer = connection.ask(question.packed(), Duration::ZERO)?;
    if answer.is_nil() {
        return Err(Failure::Final(crate::ClusterError::Address {
            reason: format!("the sentinel {endpoint} knows no server that is called {service:?}"),
        }));
    }
    let [host, port] = answer.into_parts().map_err(Failure::Final)?;
    let host = host.into_text().map_err(Failure::Final)?;
    let port = port.integer().map_err(Failure::Final)?;
    let port = u16::try_from(port).map_err(|_| unintelligible())?;
    Ok(Map::Single(Endpoint::Tcp(host, port)))
}

fn unintelligible() -> Failure {
    Failure::Final(crate::ClusterError::protocol(
        "a description of the cluster that cannot be read",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(port: u16) -> Endpoint {
        Endpoint::Tcp("node".to_owned(), port)
    }

    fn known(routes: &Routes, slot: u16) -> Option<Endpoint> {
        routes.lock().node_of(slot).and_then(Result::ok)
    }

    #[test]
    fn one_slot_moves_out_of_the_middle_of_its_range() {
        let routes = Routes::unknown();
        let range = Range {
            first: 0,
            node: node(1),
        };
        *routes.lock() = Map::Slots(BTreeMap::from([(100, range)]));
        routes.correct(50, &node(2));
        assert_eq!(known(&routes, 49), Some(node(1)));
        assert_eq!(known(&routes, 50), Some(node(2)));
        assert_eq!(known(&routes, 51), Some(node(1)));
        assert_eq!(known(&routes, 100), Some(node(1)));
        assert_eq!(known(&routes, 101), None);
    }
}
