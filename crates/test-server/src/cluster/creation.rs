//! How a cluster comes into being.

use std::io;
use std::thread;

use super::{SLOTS, ServerCluster, view};
use crate::patience::{Complaint, until};
use crate::{Builder, Server};

const PRIMARIES: usize = 3;

/// Starts six nodes and makes a cluster of them, in the steps of `redis-cli --cluster create`.
pub(super) fn create(settings: &Builder) -> io::Result<ServerCluster> {
    let nodes = start(settings)?;
    let (primaries, replicas) = nodes.split_at(PRIMARIES);
    divide_slots(primaries)?;
    introduce(&nodes)?;
    for (replica, primary) in replicas.iter().zip(primaries) {
        attach(replica, primary)?;
    }
    for primary in primaries {
        until_replicated(primary)?;
    }
    nodes.iter().try_for_each(until_complete)?;
    nodes.iter().try_for_each(until_ok)?;
    Ok(ServerCluster { nodes })
}

/// All at once, since each takes a moment to start.
fn start(settings: &Builder) -> io::Result<Vec<Server>> {
    thread::scope(|scope| {
        let starting: Vec<_> = (0..2 * PRIMARIES)
            .map(|_| scope.spawn(|| node(settings).start()))
            .collect();
        starting
            .into_iter()
            .map(|node| {
                node.join()
                    .unwrap_or_else(|_| Err(io::Error::other("a thread panicked")))
            })
            .collect()
    })
}

/// The cluster's settings come first, so that the caller's count.
fn node(settings: &Builder) -> Builder {
    settings
        .clone()
        .argument_before("cluster-enabled", "yes")
        .argument_before("cluster-node-timeout", "2000")
        // A replica takes over however long it has had no news of its primary: a test that pauses servers would wait for ever otherwise.
        .argument_before("cluster-replica-validity-factor", "0")
}

/// Every primary gets its share, and an epoch of its own, so that the nodes need not agree on epochs first.
fn divide_slots(primaries: &[Server]) -> io::Result<()> {
    let share = usize::from(SLOTS).div_ceil(PRIMARIES);
    for (number, primary) in primaries.iter().enumerate() {
        let first = number * share;
        let last = usize::from(SLOTS).min(first + share) - 1;
        let [first, last, epoch] = [first, last, number + 1].map(|number| number.to_string());
        order(primary, &["ADDSLOTSRANGE", &first, &last])?;
        order(primary, &["SET-CONFIG-EPOCH", &epoch])?;
    }
    Ok(())
}

/// Everybody meets everybody, which is faster than hearing of the others.
fn introduce(nodes: &[Server]) -> io::Result<()> {
    for (position, node) in nodes.iter().enumerate() {
        for other in nodes.iter().skip(position + 1) {
            order(node, &["MEET", "127.0.0.1", &other.port().to_string()])?;
        }
    }
    Ok(())
}

/// Makes one node the replica of another, as soon as it knows that one and the slots that it has.
fn attach(replica: &Server, primary: &Server) -> io::Result<()> {
    let id = view::of(primary)?.id;
    until("a node that knows its primary", || {
        order(replica, &["REPLICATE", &id]).map_err(Complaint::from)
    })
}

fn until_replicated(primary: &Server) -> io::Result<()> {
    until("a replica in step", || {
        let replica = primary.info("slave0")?;
        match replica.contains("state=online") {
            true => Ok(()),
            false => Err(Complaint::NotYet(replica)),
        }
    })
}

fn until_complete(node: &Server) -> io::Result<()> {
    until("nodes that know each other", || {
        let nodes = view::nodes(node)?;
        let complete = view::is_complete(&nodes, PRIMARIES);
        complete.then_some(()).ok_or(Complaint::NotYet(nodes))
    })
}

pub(super) fn until_ok(node: &Server) -> io::Result<()> {
    until("a cluster that serves all slots", || {
        let reply = node.command(&["CLUSTER", "INFO"])?.accepted()?;
        let text = reply.text().unwrap_or_default();
        let is_ok = text.lines().any(|line| line == "cluster_state:ok");
        is_ok.then_some(()).ok_or(Complaint::NotYet(text))
    })
}

fn order(node: &Server, words: &[&str]) -> io::Result<()> {
    let words: Vec<&str> = ["CLUSTER"]
        .into_iter()
        .chain(words.iter().copied())
        .collect();
    node.command(&words)?.accepted().map(drop)
}
