//! Which objects there are in a namespace.

use std::collections::BTreeSet;

use crate::object::Kind;
use crate::{Cluster, ClusterError, Endpoint};

/// Keys that a node looks at for one answer.
const PAGE: &[u8] = b"1000";

/// An object that exists.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// What it is called.
    pub name: String,
}

impl Found {
    /// Whether it ends when nobody uses it any more.
    pub fn is_anonymous(&self) -> bool {
        self.name.starts_with('~')
    }
}

/// All objects of a kind in the cluster's namespace, by their names.
///
/// It asks page by page, so that nobody else has to wait. What is made or removed meanwhile may be among them or not.
///
/// # Errors
///
/// [`ClusterError::Unavailable`] and its like, also if one node of several does not answer; [`ClusterError::NoPermission`] if
/// the user may not look at all keys, for which [`acl_rule_for_operators`](crate::acl_rule_for_operators) is there.
pub fn objects(cluster: &Cluster, kind: Kind) -> Result<Vec<Found>, ClusterError> {
    let before = format!("pc:{}:{{{}:", cluster.address().namespace(), kind.prefix());
    let mut found = BTreeSet::new();
    for node in cluster.nodes()? {
        for key in keys(cluster, &node, &format!("{before}*}}:h"))? {
            // Other programs on the server have keys of their own.
            let name = key
                .strip_prefix(&before)
                .and_then(|key| key.strip_suffix("}:h"));
            if let Some(name) = name {
                let name = name.to_owned();
                found.insert(Found { name });
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// The keys of a node that look like that.
fn keys(cluster: &Cluster, node: &Endpoint, pattern: &str) -> Result<Vec<String>, ClusterError> {
    let mut keys = Vec::new();
    let mut cursor = b"0".to_vec();
    loop {
        let scan: [&[u8]; 6] = [
            b"SCAN",
            &cursor,
            b"MATCH",
            pattern.as_bytes(),
            b"COUNT",
            PAGE,
        ];
        let [next, page] = cluster.command_at(node, scan)?.into_parts()?;
        for key in page.into_array()? {
            keys.extend(String::from_utf8(key.into_bytes()?));
        }
        cursor = next.into_bytes()?;
        if cursor == b"0" {
            return Ok(keys);
        }
    }
}
