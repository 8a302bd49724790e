//! The native module of the Python package: bytes and Python objects, nothing else.
//!
//! Whatever Rust programs need as well lives in the floors below; what users of `multiprocessing` know by name lives in the
//! Python modules above, whose classes derive from those here.

mod capabilities;
mod cluster;
mod command_line;
mod encoding;
mod error;
mod held;
mod manager;
mod memory;
mod pool;
mod queue;
mod session;
mod spare;
mod synchronize;
mod transfer;
mod waiting;

use pyo3::prelude::*;

/// The native half of procession.
#[pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use super::capabilities::{capabilities, layout_version, limits};
    #[pymodule_export]
    use super::cluster::{
        Array as ClusterArray, Barrier as ClusterBarrier, Cluster, Condition as ClusterCondition,
        Dict as ClusterDict, Event as ClusterEvent, List as ClusterList, Lock as ClusterLock,
        Object as ClusterObject, Queue as ClusterQueue, ReentrantLock as ClusterReentrantLock,
        Semaphore as ClusterSemaphore, Value as ClusterValue,
    };
    #[pymodule_export]
    use super::command_line::{command_line, command_line_commands};
    #[pymodule_export]
    use super::manager::{Array, Dict, List, Value};
    #[pymodule_export]
    use super::pool::{
        AsyncResult, HostStop, HostedProcess, IMapIterator, IMapUnorderedIterator, MapResult, Pool,
        arrived_process, interpreter_exits, serve, serve_as_host, tell_failures_by,
    };
    #[pymodule_export]
    use super::queue::Queue;
    #[pymodule_export]
    use super::session::{
        accept, configure, copied, end_with_parent, enter, guest_ended, hold_still, invite,
        memory_descriptor, move_on, take_part_as_copy, takes_part,
    };
    #[pymodule_export]
    use super::synchronize::{Barrier, Condition, Event, Lock, ReentrantLock, Semaphore};
    #[pymodule_export]
    use super::transfer::{bound_for_hosts_of, note_travelling};
}
