//! In place of the client, in programs that were built without it.

use std::time::Duration;

use crate::call::{Call, Effort};
use crate::reply::Reply;
use crate::{Address, ClusterError, Endpoint};

/// There is none.
#[derive(Debug)]
pub(crate) enum Client {}

impl Client {
    pub(crate) fn connect(_: &Address) -> Result<Client, ClusterError> {
        Err(ClusterError::NotBuiltIn)
    }

    pub(crate) fn call(
        &self,
        _: Call<'_>,
        _: &str,
        _: &str,
        _: Effort,
    ) -> Result<Reply, ClusterError> {
        match *self {}
    }

    pub(crate) fn command(&self, _: &str, _: &[&[u8]], _: Effort) -> Result<Reply, ClusterError> {
        match *self {}
    }

    pub(crate) fn change(&self, _: &str, _: &[&[u8]], _: Effort) -> Result<Reply, ClusterError> {
        match *self {}
    }

    pub(crate) fn wait(&self, _: &str, _: &[&[u8]], _: Duration) -> Result<Reply, ClusterError> {
        match *self {}
    }

    pub(crate) fn primaries(&self) -> Result<Vec<Endpoint>, ClusterError> {
        match *self {}
    }

    pub(crate) fn command_at(&self, _: &Endpoint, _: &[&[u8]]) -> Result<Reply, ClusterError> {
        match *self {}
    }

    pub(crate) fn everywhere(&self, _: &[&[u8]]) -> Result<Vec<Reply>, ClusterError> {
        match *self {}
    }

    pub(crate) fn known_node_of(&self, _: u16) -> Option<Endpoint> {
        match *self {}
    }
}
