//! Open connections, by the servers that they lead to.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::connection::Connection;
use super::failure::Failure;
use super::secrets::Secrets;
use crate::{Address, ClusterError, Endpoint};

/// Connections to a node that are kept for the next call.
const KEPT: usize = 16;

/// All servers to which this process has connections, and how to open more.
pub(super) struct Nodes {
    pub(super) address: Address,
    secrets: Secrets,
    /// Connections that nobody uses at the moment.
    idle: Mutex<HashMap<Endpoint, Vec<Connection>>>,
}

impl Nodes {
    pub(super) fn new(address: &Address) -> Result<Nodes, ClusterError> {
        address.check_security()?;
        Ok(Nodes {
            address: address.clone(),
            secrets: Secrets::read(address)?,
            idle: Mutex::default(),
        })
    }

    /// Speaks with a node over a connection that nobody else uses meanwhile.
    ///
    /// One that had been idle may have been closed by the other side long ago, as all are when a server was restarted. That
    /// says nothing about the server, so that what is to be said is said again over a new one.
    pub(super) fn speak<T>(
        &self,
        node: &Endpoint,
        mut say: impl FnMut(&mut Connection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut was_asked = false;
        if let Some(mut idle) = self.take_idle(node) {
            match say(&mut idle) {
                Err(Failure::Broken(_)) => {
                    self.forget(node);
                    was_asked = true;
                }
                outcome => return self.put_back(node, idle, outcome),
            }
        }
        match Connection::open(&self.address, &self.secrets, node) {
            Ok(mut fresh) => {
                let outcome = say(&mut fresh);
                self.put_back(node, fresh, outcome)
            }
            Err(Failure::Unreachable(reason)) if was_asked => Err(Failure::Broken(reason)),
            Err(failure) => Err(failure),
        }
    }

    /// Closes the idle connections to a node that has failed: they will, too.
    pub(super) fn forget(&self, node: &Endpoint) {
        let idle = self.lock().remove(node);
        drop(idle);
    }

    /// What a sentinel says, which has passwords of its own, or none.
    pub(super) fn ask_sentinel<T>(
        &self,
        sentinel: &Endpoint,
        say: impl Fn(&mut Connection) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut connection =
            Connection::open_without_login(&self.address, &self.secrets, sentinel)?;
        match say(&mut connection) {
            Err(Failure::Final(ClusterError::WrongPassword { .. })) => say(&mut Connection::open(
                &self.address,
                &self.secrets,
                sentinel,
            )?),
            answer => answer,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Endpoint, Vec<Connection>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_idle(&self, node: &Endpoint) -> Option<Connection> {
        self.lock().get_mut(node).and_then(Vec::pop)
    }

    /// Keeps the connection, unless it is of no use any more.
    fn put_back<T>(
        &self,
        node: &Endpoint,
        connection: Connection,
        outcome: Result<T, Failure>,
    ) -> Result<T, Failure> {
        if !matches!(outcome, Err(Failure::Broken(_) | Failure::Silent)) {
            let mut nodes = self.lock();
            let idle = nodes.entry(node.clone()).or_default();
            if idle.len() < KEPT {
                idle.push(connection);
            }
        }
        outcome
    }
}
