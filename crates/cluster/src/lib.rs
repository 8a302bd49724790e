//! The objects of procession on a Redis or Valkey server, for many machines: bytes in, bytes out.
//!
//! What the faces of procession give to users for one machine in shared memory, this crate keeps on a server that any number of
//! machines can reach. `README.md` has the rules by which that survives the death of any client, and of the server.

// Without the client nothing can be called, and yet everything is to compile, so that those who use it need not ask.
#![cfg_attr(not(feature = "client"), allow(dead_code))]

mod acl;
mod address;
pub mod agent;
pub mod array;
pub mod barrier;
mod call;
mod client;
mod cluster;
pub mod condition;
pub mod dict;
mod entry;
mod error;
pub mod event;
mod fork_aware;
mod holder;
mod home;
mod identity;
pub mod inspect;
pub mod interrupt;
mod keeper;
mod lease;
pub mod list;
pub mod lock;
mod object;
mod pages;
mod payload;
pub mod pool;
pub mod process;
mod process_wide;
pub mod queue;
pub mod reentrant_lock;
mod replication;
mod reply;
mod script;
#[cfg(test)]
mod script_test;
pub mod semaphore;
mod slot;
mod sync_error;
pub mod value;
mod waiting;
#[cfg(test)]
#[path = "../tests/watchdog/mod.rs"]
mod watchdog;

pub use acl::{acl_rule, acl_rule_for_operators};
pub use address::{Address, Durability, Endpoint, Topology};
pub use cluster::Cluster;
pub use entry::{Entry, Expect, Stamp};
pub use error::ClusterError;
pub use holder::{Holder, Owner};
pub use home::{address_within_session, home};
pub use object::{Kind, Object};
pub use sync_error::SyncError;
