//! Asking servers who is responsible for what.

use std::collections::BTreeMap;
use std::time::Duration;

use super::connection::Connection;
use super::failure::Failure;
use super::map::{Map, Range};
use super::nodes::Nodes;
use super::request::Request;
use crate::address::Topology;
use crate::reply::Reply;
use crate::{ClusterError, Endpoint};

/// Asks these, one after the other, until one answers.
pub(super) fn discover(nodes: &Nodes, candidates: &[Endpoint]) -> Result<Map, Failure> {
    let mut last = Failure::Unreachable("the address names no server".to_owned());
    for endpoint in candidates {
        let found = match &nodes.address.topology {
            Topology::Nodes(_) => ask_node(nodes, endpoint),
            Topology::Sentinels { service, .. } => ask_sentinel(nodes, endpoint, service),
        };
        match found {
            Ok(map) => return Ok(map),
            Err(failure) => last = failure,
        }
    }
    Err(last.before_anything_was_asked())
}

fn ask_node(nodes: &Nodes, endpoint: &Endpoint) -> Result<Map, Failure> {
    let question = Request::command(&[b"CLUSTER", b"SLOTS"]);
    let ask = |connection: &mut Connection| connection.ask(question.packed(), Duration::ZERO);
    match nodes.speak(endpoint, ask) {
        Ok(slots) => Ok(Map::Slots(ranges(slots, endpoint)?)),
        // "This instance has cluster support disabled"
        Err(Failure::Final(ClusterError::Protocol { .. })) => Ok(Map::Single(endpoint.clone())),
        Err(failure) => Err(failure),
    }
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
    let host = parts.next().and_then(|host| host.into_text().ok());
    let port = parts.next().and_then(|port| port.integer().ok());
    let port = port
        .and_then(|port| u16::try_from(port).ok())
        .ok_or_else(unintelligible)?;
    // A node that does not know its own name means the one under which it was reached.
    match (host.as_deref().unwrap_or_default(), asked) {
        ("" | "?", Endpoint::Tcp(asked, _)) => Ok(Endpoint::Tcp(asked.clone(), port)),
        (host, _) => Ok(Endpoint::Tcp(host.to_owned(), port)),
    }
}

fn ask_sentinel(nodes: &Nodes, sentinel: &Endpoint, service: &str) -> Result<Map, Failure> {
    let question = Request::command(&[b"SENTINEL", b"GET-MASTER-ADDR-BY-NAME", service.as_bytes()]);
    let ask = |connection: &mut Connection| connection.ask(question.packed(), Duration::ZERO);
    let answer = nodes.ask_sentinel(sentinel, ask)?;
    if answer.is_nil() {
        return Err(Failure::Final(ClusterError::Address {
            reason: format!("the sentinel {sentinel} knows no server that is called {service:?}"),
        }));
    }
    let [host, port] = answer.into_parts().map_err(Failure::Final)?;
    let host = host.into_text().map_err(Failure::Final)?;
    let port = port.integer().map_err(Failure::Final)?;
    let port = u16::try_from(port).map_err(|_| unintelligible())?;
    Ok(Map::Single(Endpoint::Tcp(host, port)))
}

fn unintelligible() -> Failure {
    Failure::Final(ClusterError::protocol(
        "a description of the cluster that cannot be read",
    ))
}
