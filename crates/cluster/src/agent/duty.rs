//! What a host does for those who come to one of its boards.

use std::fmt;
use std::sync::Arc;

use procession_engine::PoolError;
use procession_engine::pool::{Job, JobSettings, WorkName};

use super::hosted_process::{HostedProcess, ProcessRequest};
use super::slots::Slots;
use crate::pool::Board;
use crate::{Cluster, ClusterError};

/// Begins a job of the local pool, for a task that asks for that work.
pub type Begin = dyn Fn(WorkName, JobSettings) -> Result<Job, PoolError> + Send + Sync;

/// Starts a process for somebody else; or says, in words, why there is none.
pub type StartProcess =
    dyn Fn(ProcessRequest) -> Result<Arc<dyn HostedProcess>, String> + Send + Sync;

/// What a host does for those who come to one of its boards.
pub(super) enum Duty {
    /// Has its workers carry out their tasks, one in each slot.
    Tasks {
        begin: Arc<Begin>,
        slots: Arc<Slots>,
    },
    /// Starts processes for them.
    Processes { start: Arc<StartProcess> },
}

impl Duty {
    pub(super) fn tasks(begin: &Arc<Begin>, slots: &Arc<Slots>) -> Duty {
        Duty::Tasks {
            begin: Arc::clone(begin),
            slots: Arc::clone(slots),
        }
    }

    /// What is done, in a word.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Duty::Tasks { .. } => "tasks",
            Duty::Processes { .. } => "processes",
        }
    }

    /// Where those come to who want it from the hosts that serve this pool.
    pub(super) fn board(
        &self,
        cluster: &Cluster,
        pool: &str,
        code: &str,
    ) -> Result<Board, ClusterError> {
        match self {
            Duty::Tasks { .. } => Board::new(cluster, pool, code),
            Duty::Processes { .. } => Board::of_processes(cluster, pool, code),
        }
    }
}

impl fmt::Debug for Duty {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
