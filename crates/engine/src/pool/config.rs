//! What a pool and a task can be told.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use procession_arena::Handle;
use procession_arena::sys::image::BuildId;

use super::error::PoolError;
use super::held::Held;
use super::process::StartWorker;
use super::work::{NamedWork, WorkName};
use crate::launch::Command;
use crate::with_participant;

/// How a pool is to be.
#[derive(Debug)]
pub struct PoolConfig {
    /// How many workers there are.
    pub workers: usize,
    /// The workers' names begin with it.
    pub name: String,
    /// What workers are started with; its name and its daemonic nature are the pool's business.
    pub command: Command,
    /// What starts the workers in place of `command`, and prepares them: then there is no initializer here, and output is
    /// not captured.
    pub starter: Option<Arc<dyn StartWorker>>,
    /// What each worker does before its first task.
    pub initializer: Option<Initializer>,
    /// After so many tasks a worker ends, and another takes its place.
    pub max_tasks_per_worker: Option<NonZeroU64>,
    /// So many tasks wait in the owner's memory at most; submitting another waits for room.
    pub max_queued: Option<usize>,
    /// What is added to the workers' nice value: more is nicer.
    pub nice: i32,
    /// What tasks write to their standard streams is kept for those who ask for it.
    pub capture_output: bool,
    /// On which processors the workers run: the first on those of the first set, and so on in turn.
    pub processors: Vec<Vec<usize>>,
}

impl Default for PoolConfig {
    fn default() -> PoolConfig {
        PoolConfig {
            workers: std::thread::available_parallelism().map_or(1, Into::into),
            name: "PoolWorker".to_owned(),
            command: Command::new(),
            starter: None,
            initializer: None,
            max_tasks_per_worker: None,
            max_queued: None,
            nice: 0,
            capture_output: false,
            processors: Vec::new(),
        }
    }
}

/// What each worker does before its first task.
#[derive(Debug)]
pub struct Initializer {
    pub(super) work: WorkName,
    pub(super) bytes: Vec<u8>,
    /// Until the last worker has been started, that is as long as there is the pool.
    pub(super) held: Held,
}

impl Initializer {
    /// Has `work` called with these encoded arguments, in which there are these handles; its answer is thrown away.
    ///
    /// # Errors
    ///
    /// [`PoolError::Arena`] if a handle is stale; [`PoolError::Launch`] if `work` is no constant of this program, or before
    /// [`init`](crate::init).
    pub fn new(
        work: &'static NamedWork,
        bytes: Vec<u8>,
        handles: &[Handle],
    ) -> Result<Initializer, PoolError> {
        let work = WorkName::of(work)?;
        let held = with_participant(|me| Held::attach(me, handles))?;
        Ok(Initializer { work, bytes, held })
    }

    /// Has that called for which a process of this build has sent the name, with these encoded arguments.
    ///
    /// # Errors
    ///
    /// As [`Pool::job_by_name`](super::Pool::job_by_name).
    pub fn by_name(
        name: WorkName,
        build: &BuildId,
        bytes: Vec<u8>,
    ) -> Result<Initializer, PoolError> {
        name.check(build)?;
        Ok(Initializer {
            work: name,
            bytes,
            held: Held::default(),
        })
    }

    /// What is called, and with which encoded arguments, to be sent to workers elsewhere.
    ///
    /// # Errors
    ///
    /// [`PoolError::LocalObject`] if there are handles among the arguments.
    pub fn carried(&self) -> Result<(WorkName, &[u8]), PoolError> {
        match self.held.handles() {
            [] => Ok((self.work, &self.bytes)),
            _ => Err(PoolError::LocalObject),
        }
    }
}

/// What can be told of a task.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskOptions {
    /// How long the task may run; then its worker is killed and the task fails.
    pub timeout: Option<Duration>,
    /// How often the task is run again if its worker was lost, or if it ran out of time.
    pub retries: u32,
    /// Tasks of a higher priority are started before those of a lower one.
    pub priority: i32,
}
