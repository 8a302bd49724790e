//! The objects of procession on a Redis or Valkey server, for many machines: bytes in, bytes out.
//!
//! What the faces of procession give to users for one machine in shared memory, this crate keeps on a server that any number of
//! machines can reach. `README.md` has the rules by which that survives the death of any client, and of the server.

// Without the client nothing can be called, and yet everything is to compile, so that those who use it need not ask.
#![cfg_attr(not(feature = "client"), allow(dead_code))]

mod address;
mod call;
mod client;
mod cluster;
mod error;
pub mod event;
mod fork_aware;
mod identity;
pub mod interrupt;
mod keeper;
mod object;
mod payload;
pub mod queue;
mod reply;
mod script;
mod slot;
mod waiting;
#[cfg(test)]
#[path = "../tests/watchdog/mod.rs"]
mod watchdog;

pub use address::{Address, Endpoint, Topology};
pub use cluster::Cluster;
pub use error::ClusterError;
pub use object::{Kind, Object};
