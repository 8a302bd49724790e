//! Whether the nodes of a cluster together keep everything.

use crate::reply::Reply;
use crate::{Cluster, ClusterError, Endpoint};

/// Slots of a cluster.
const ALL: usize = 1 << 14;

/// How many slots no node keeps, as one of these nodes sees it; none of a server that is by itself.
pub(super) fn unserved_slots(cluster: &Cluster, nodes: &[Endpoint]) -> Result<usize, ClusterError> {
    let mut last = None;
    for node in nodes {
        let slots: [&[u8]; 2] = [b"CLUSTER", b"SLOTS"];
        match cluster.command_at(node, slots) {
            Ok(ranges) => return Ok(ALL.saturating_sub(served(ranges)?)),
            // It is no node of a cluster.
            Err(ClusterError::Protocol { .. }) => return Ok(0),
            Err(error) => last = Some(error),
        }
    }
    last.map_or(Ok(0), Err)
}

/// How many slots these ranges have: {first, last, nodes...}.
fn served(ranges: Reply) -> Result<usize, ClusterError> {
    let mut served = 0;
    for range in ranges.into_array()? {
        let mut parts = range.into_array()?.into_iter();
        if let (Some(first), Some(last)) = (parts.next(), parts.next()) {
            let slots = last.integer()? - first.integer()? + 1;
            served += usize::try_from(slots).unwrap_or_default();
        }
    }
    Ok(served)
}
