//! Objects on a server, for many machines.

mod calling;
mod connection;
mod error;
mod queue;
mod synchronize;
mod object;
mod travel;
mod value;

pub(crate) use connection::Cluster;
pub(crate) use synchronize::Event;
pub(crate) use queue::Queue;
pub(crate) use object::Object;
