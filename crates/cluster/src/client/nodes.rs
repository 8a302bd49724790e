//! Open connections that nobody uses at the moment.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::connection::Connection;
use super::failure::Failure;
use super::secrets::Secrets;
use crate::{Address, Endpoint};

/// Connections to a node that are kept for the next call.
const KEPT: usize = 16;

/// Open connections that nobody uses at the moment, by the servers that they lead to.
#[derive(Default)]
pub(super) struct Nodes(Mutex<HashMap<Endpoint, Vec<Connection>>>);

impl Nodes {
    /// A connection for the caller alone.
    pub(super) fn take(
        &self,
        address: &Address,
        secrets: &Secrets,
        node: &Endpoint,
    ) -> Result<Connection, Failure> {
        let idle = {
            let mut nodes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            nodes.get_mut(node).and_then(Vec::pop)
        };
        match idle {
            Some(connection) => Ok(connection),
            None => Connection::open(address, secrets, node),
        }
    }

    /// Takes a connection back that is in order.
    pub(super) fn put_back(&self, node: &Endpoint, connection: Connection) {
        let mut nodes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = nodes.entry(node.clone()).or_default();
        if idle.len() < KEPT {
            idle.push(connection);
        }
    }

    /// Closes the connections to a node of which one has failed: the others will, too.
    pub(super) fn forget(&self, node: &Endpoint) {
        let idle = {
            let mut nodes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            nodes.remove(node)
        };
        drop(idle);
    }
}
