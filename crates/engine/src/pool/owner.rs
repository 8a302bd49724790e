//! The owner's side of a pool.

use std::borrow::Cow;
use std::fmt;
use std::mem;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle, ThreadId};
use std::time::Instant;

use procession_arena::sys::image::BuildId;

use super::config::{PoolConfig, TaskOptions};
use super::crew::Crew;
use super::errands::Errands;
use super::error::PoolError;
use super::job::{Callback, Job, JobState, Order};
use super::shared::Shared;
use super::state::{Phase, State};
use super::statistics::WorkerStatistics;
use super::trace::Trace;
use super::waiting::Interest;
use super::work::{NamedWork, WorkName};
use super::{attendant, callback, carried, start, supervisor, waiting};
use crate::launch::LaunchError;

/// How a job is to be.
pub struct JobSettings {
    /// What its tasks are called in a trace.
    pub label: Cow<'static, str>,
    /// What holds for each of its tasks.
    pub options: TaskOptions,
    /// In which order [`Job::next`] returns outcomes.
    pub order: Order,
    /// Called when the job is done.
    pub callback: Option<Callback>,
    /// Nobody may be waiting for it while it goes on, so that the pool has to look after it by itself.
    pub attended: bool,
}

/// A number of worker processes that carry out tasks.
///
/// All threads of the process may use it at once. Dropping it [terminates](Self::terminate) it.
///
/// # If a process dies
///
/// If it is a worker: its running task fails with [`PoolError::WorkerLost`], or is run again if that was asked for; all
/// other tasks go on, and a new worker takes its place. If it is this process: the workers end with it.
pub struct Pool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Starts the workers. They take tasks as soon as they are ready, which this does not wait for.
    ///
    /// # Errors
    ///
    /// [`PoolError::NoWorkers`] and [`PoolError::Setting`] for a configuration that cannot be had;
    /// [`PoolError::Launch`] if a worker cannot be started, [`PoolError::Arena`] if the session has no room.
    pub fn new(config: PoolConfig) -> Result<Pool, PoolError> {
        config.check()?;
        let workers = config.workers;
        let crew = Crew::create()?;
        let mut pool = Pool::of(Arc::new(Shared::new(State::new(config), Some(crew))));
        for seat in 0..workers {
            start::start_worker(&pool.shared, seat)?;
        }
        pool.start_supervisor()?;
        pool.start_thread("pool attendant", attendant::attend)?;
        Ok(pool)
    }

    pub(super) fn of(shared: Arc<Shared>) -> Pool {
        Pool {
            shared,
            threads: Vec::new(),
        }
    }

    #[cfg(test)]
    pub(super) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    fn start_supervisor(&mut self) -> Result<(), PoolError> {
        let starter = self.shared.lock().config.starter.clone();
        let Some(starter) = starter else {
            return self.start_thread("pool supervisor", supervisor::supervise);
        };
        let shared = Arc::clone(&self.shared);
        // Whoever has made the thread waits for its end.
        let supervise = Box::new(move || supervisor::supervise(&shared));
        starter.spawn(supervise).map_err(system("clone"))
    }

    fn start_thread(&mut self, name: &str, body: fn(&Shared)) -> Result<(), PoolError> {
        let thread = spawn(&self.shared, name, body)?;
        self.threads.push(thread);
        Ok(())
    }

    /// Begins a job, whose tasks have `work` done.
    ///
    /// # Errors
    ///
    /// [`PoolError::Launch`] if `work` is no constant of this program; [`PoolError::ForkedCopy`].
    pub fn job(&self, work: &'static NamedWork, settings: JobSettings) -> Result<Job, PoolError> {
        self.begin(WorkName::of(work)?, settings)
    }

    /// Begins a job, whose tasks have that done for which a process of this build has sent the name.
    ///
    /// The name may come from anywhere: what it finds is a [`NamedWork`] of this program, or nothing.
    ///
    /// # Errors
    ///
    /// [`PoolError::OtherBuild`] unless `build` is this program's; [`PoolError::UnknownWork`] if it has no function of that
    /// name; [`PoolError::Launch`] before [`init`](crate::init); [`PoolError::ForkedCopy`].
    pub fn job_by_name(
        &self,
        name: WorkName,
        build: &BuildId,
        settings: JobSettings,
    ) -> Result<Job, PoolError> {
        name.check(build)?;
        self.begin(name, settings)
    }

    fn begin(&self, work: WorkName, settings: JobSettings) -> Result<Job, PoolError> {
        let JobSettings {
            label,
            options,
            order,
            callback,
            attended,
        } = settings;
        self.shared.check_owner()?;
        let has_callback = callback.is_some();
        if has_callback {
            ensure_caller(&self.shared)?;
        }
        let job = Arc::new(JobState::new(
            work, label, options, order, callback, attended,
        ));
        if attended {
            self.shared.change(|state, _| match has_callback {
                true => state.be_prompt(),
                false => state.attendant_is_wanted = true,
            });
        }
        Ok(Job::new(Arc::clone(&self.shared), job))
    }

    /// From now on, writes what the workers do into a file that Perfetto and `chrome://tracing` open; it is complete when
    /// the pool has been joined or dropped.
    ///
    /// # Errors
    ///
    /// [`PoolError::Trace`] if the file cannot be created; [`PoolError::Setting`] if the tasks are carried elsewhere;
    /// [`PoolError::ForkedCopy`].
    pub fn trace(&self, path: &Path) -> Result<(), PoolError> {
        self.shared.check_owner()?;
        if self.shared.crew.is_none() {
            return Err(PoolError::Setting {
                reason: "what its workers do when is not known here, so that it cannot be traced; \
                         trace the pools of the hosts where they run"
                    .to_owned(),
            });
        }
        let trace = Trace::create(path).map_err(|source| PoolError::Trace {
            path: path.to_owned(),
            source: Arc::new(source),
        })?;
        let former = self.shared.change(|state, _| {
            let former = state.trace.replace(trace);
            (0..state.seats.len()).for_each(|seat| state.trace_start(seat));
            former
        });
        drop(former);
        Ok(())
    }

    /// Takes no more tasks, and ends the workers when all that were submitted are done.
    pub fn close(&self) {
        if self.shared.check_owner().is_ok() {
            self.shared.change(|state, _| {
                if let Phase::Open = state.phase {
                    state.phase = Phase::Closed;
                    state.look_for_end();
                    state.wake_followers(|interest| matches!(interest, Interest::Pool));
                }
            });
        }
    }

    /// Ends the workers at once (`SIGKILL`), whatever they do. Tasks without a result fail with [`PoolError::Terminated`]; if they
    /// are carried elsewhere, they are cancelled there.
    pub fn terminate(&self) {
        if self.shared.check_owner().is_ok() {
            self.shared.end(&PoolError::Terminated);
        }
    }

    /// Waits until all tasks are done, their callbacks have returned, and all workers have ended, or the carrier has been told that there
    /// is nothing more; at most until `deadline`.
    ///
    /// # Errors
    ///
    /// [`PoolError::StillOpen`] if the pool was not closed or terminated before; [`PoolError::NotReady`] if the time is
    /// over; [`PoolError::ForkedCopy`]; [`PoolError::Arena`] if the session is damaged.
    pub fn join(&self, deadline: Option<Instant>) -> Result<(), PoolError> {
        self.shared.check_owner()?;
        if let Phase::Open = self.shared.lock().phase {
            return Err(PoolError::StillOpen);
        }
        self.shared
            .wait_until(Interest::Pool, deadline, |state| {
                // A callback that joins its pool does not wait for itself.
                let has_called =
                    state.to_call.is_empty() && state.calling <= callback::depth(&self.shared);
                // Nor does a carrier that joins it.
                let has_told =
                    carried::delivers() || state.errands.as_ref().is_none_or(Errands::is_concluded);
                (state.is_empty() && has_called && has_told).then_some(())
            })?
            .ok_or(PoolError::NotReady)
    }

    /// How many workers the pool has, living or just being replaced; of workers elsewhere, how many there are as far as is known.
    pub fn workers(&self) -> usize {
        self.shared.lock().worker_count()
    }

    /// Tasks that were submitted and have not ended.
    pub fn outstanding(&self) -> usize {
        self.shared.lock().outstanding
    }

    /// The numbers that the system has given the living workers.
    pub fn pids(&self) -> Vec<u32> {
        self.shared
            .lock()
            .workers()
            .map(|worker| worker.child.pid())
            .collect()
    }

    /// What the workers have done, seat by seat.
    pub fn statistics(&self) -> Vec<WorkerStatistics> {
        self.shared.lock().statistics()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if self.shared.check_owner().is_err() {
            // What the threads of the original were just changing is in no state to be dropped; nor are threads of
            // another process to be let go of.
            mem::forget(Arc::clone(&self.shared));
            mem::forget(mem::take(&mut self.threads));
            return;
        }
        self.terminate();
        let this: ThreadId = thread::current().id();
        let is_own = |thread: &JoinHandle<()>| thread.thread().id() == this;
        // A waker may drop the pool in a thread for which the pool's threads wait: then they end by themselves.
        if !waiting::leads() && !self.threads.iter().any(is_own) {
            for thread in self.threads.drain(..) {
                if thread.join().is_err() {
                    tracing::error!("a thread of a pool has panicked");
                }
            }
        }
        // Should the supervisor have failed, the file is completed here.
        self.shared.lock().trace = None;
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.lock();
        formatter
            .debug_struct("Pool")
            .field("workers", &state.worker_count())
            .field("outstanding", &state.outstanding)
            .field("phase", &state.phase)
            .finish_non_exhaustive()
    }
}

/// Starts the thread that calls callbacks, unless there is one.
pub(super) fn ensure_caller(shared: &Arc<Shared>) -> Result<(), PoolError> {
    if shared.has_caller.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    let started = spawn(shared, "pool callbacks", callback::call_callbacks);
    if started.is_err() {
        shared.has_caller.store(false, Ordering::Relaxed);
    }
    // Nobody waits for its end: a callback may take as long as it likes.
    started.map(drop)
}

fn spawn(shared: &Arc<Shared>, name: &str, body: fn(&Shared)) -> Result<JoinHandle<()>, PoolError> {
    let shared = Arc::clone(shared);
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || body(&shared))
        .map_err(system("clone"))
}

/// The operating system refused a call.
pub(super) fn system(call: &'static str) -> impl FnOnce(std::io::Error) -> PoolError {
    move |source| LaunchError::System { call, source }.into()
}
