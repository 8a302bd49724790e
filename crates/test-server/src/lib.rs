//! Real Redis and Valkey servers for the tests of procession (development only).
//!
//! A [`Server`] is one `redis-server`; a [`ServerCluster`] is three primaries with a replica each; [`Sentinel`] watches over a primary and its replicas. They listen on free
//! ports of the loopback interface only, keep their files in temporary directories, and are gone when the process is that started
//! them, also when that process was killed. They can be killed, restarted and paused.
//!
//! Needed is `redis-server` 7.0 or later, or `valkey-server`; `PROCESSION_REDIS_SERVER` names another executable.

mod builder;
mod certificates;
mod cluster;
mod connection;
mod executable;
mod patience;
mod port;
mod reply;
mod sentinel;
mod server;
mod watcher;

pub use builder::{Builder, Fsync};
pub use certificates::Certificates;
pub use cluster::ServerCluster;
pub use connection::Connection;
pub use executable::{VARIABLE, executable};
pub use reply::Reply;
pub use sentinel::Sentinel;
pub use server::Server;
