//! Objects on a server, for many machines.

mod calling;
mod connection;
mod data;
mod error;
mod object;
mod queue;
mod synchronize;
mod travel;
mod value;

pub(crate) use calling::call;
pub(crate) use connection::Cluster;
pub(crate) use data::{Array, Dict, List, Value};
pub(crate) use object::Object;
pub(crate) use queue::Queue;
pub(crate) use synchronize::{Barrier, Condition, Event, Lock, ReentrantLock, Semaphore};
