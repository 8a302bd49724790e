//! Objects on a server, for many machines.

mod calling;
mod connection;
mod error;
mod event;
mod object;
mod travel;

pub(crate) use connection::Cluster;
pub(crate) use event::Event;
pub(crate) use object::Object;
