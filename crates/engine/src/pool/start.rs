//! Starting a worker.

use std::sync::Arc;
use std::task::Waker;

use procession_arena::sys::clock;
use procession_arena::sys::process::{current_pid, start_time};
use procession_arena::{Handle, Participant};

use super::config::PoolConfig;
use super::error::PoolError;
use super::forwarding::wanted;
use super::output::Capture;
use super::owner::system;
use super::process::{StartWorker, WorkerProcess};
use super::seat::{Paths, Worker};
use super::shared::Shared;
use super::state::{EarlyReport, State};
use super::statistics::Tally;
use super::task::Assignments;
use super::wire::{Appointment, Guardian};
use super::worker::work;
use crate::launch::init::image;
use crate::launch::{Command, message};
use crate::with_participant;

/// What a worker is to be started with.
struct Plan {
    number: u32,
    command: Command,
    appointment: Appointment,
    arguments: Vec<u8>,
    handles: Vec<Handle>,
    allowance: u64,
}

/// Starts a worker for a seat. To be called by one thread at a time.
pub(super) fn start_worker(shared: &Shared, seat: usize) -> Result<(), PoolError> {
    with_participant(|me| {
        let paths = Paths::create(me)?;
        let reports = shared.crew()?.reports.handle();
        let plan = shared.lock().plan(seat, reports, &paths)?;
        let (number, allowance) = (plan.number, plan.allowance);
        let starter = shared.lock().config.starter.clone();
        let started = clock::now();
        let (child, capture) = match starter {
            Some(starter) => (plan.start_by(starter.as_ref())?, None),
            None => plan.start(reports, &paths)?,
        };
        let worker = Worker {
            number,
            child,
            paths,
            assigned: Assignments::new(),
            started,
            ready: None,
            allowance,
            is_retiring: false,
            is_doomed: false,
            has_ended: false,
            unprepared: None,
            capture,
            output: None,
            tally: Tally {
                workers: 1,
                ..Tally::default()
            },
        };
        shared.change(|state, wakers| state.seat(me, seat, worker, wakers));
        Ok(())
    })
}

impl Plan {
    /// Starts the process by the command.
    fn start(
        mut self,
        reports: Handle,
        paths: &Paths,
    ) -> Result<(Arc<dyn WorkerProcess>, Option<Capture>), PoolError> {
        message::append(&mut self.arguments, &self.appointment)
            .map_err(|reason| PoolError::Setting { reason })?;
        self.handles
            .extend([reports, paths.inbox.handle(), paths.desk.handle()]);
        let capture = match self.appointment.captures_output {
            true => Some(Capture::new().map_err(system("memfd_create"))?),
            false => None,
        };
        if let Some(capture) = &capture {
            self.command = capture.lead(self.command).map_err(system("fcntl"))?;
        }
        let child = self.command.start(work, self.arguments, &self.handles)?;
        Ok((Arc::new(child), capture))
    }

    /// Has the process started by somebody else. The objects that the appointment names are held by this process, as long as
    /// the worker has its seat.
    fn start_by(mut self, starter: &dyn StartWorker) -> Result<Arc<dyn WorkerProcess>, PoolError> {
        self.appointment.guardian = Some(guardian()?);
        let mut appointment = Vec::new();
        message::append(&mut appointment, &self.appointment)
            .map_err(|reason| PoolError::Setting { reason })?;
        let started = starter.start(appointment);
        started.map_err(|reason| PoolError::NotStarted { reason })
    }
}

/// What a worker needs to end with this process, and to know that it runs the same code.
fn guardian() -> Result<Guardian, PoolError> {
    let pid = current_pid();
    Ok(Guardian {
        pid,
        // Zero: it cannot be known, and the number must do.
        start_time: start_time(pid).ok().flatten().unwrap_or(0),
        build: image()?.build_id().as_bytes().to_vec(),
    })
}

impl State {
    fn plan(&mut self, seat: usize, reports: Handle, paths: &Paths) -> Result<Plan, PoolError> {
        self.last_worker += 1;
        let number = self.last_worker;
        let config = &self.config;
        let (initializer, arguments, handles) = match &config.initializer {
            None => (None, Vec::new(), Vec::new()),
            Some(initializer) => {
                let handles = initializer.held.handles().to_vec();
                (Some(initializer.work), initializer.bytes.clone(), handles)
            }
        };
        let processors = match config.processors.len() {
            0 => Vec::new(),
            sets => config
                .processors
                .get(seat % sets)
                .cloned()
                .unwrap_or_default(),
        };
        let mut command = config.command.copy();
        if config.command.memory_limit.is_some() {
            // What Rust prints of a failed allocation must not change the thread's error number, which tells it from
            // other aborts. Backtraces of panics that are reported are taken all the same.
            command = command.env("RUST_BACKTRACE", "0");
        }
        Ok(Plan {
            number,
            command: command
                .name(format!("{}-{number}", config.name))
                .daemon(true),
            appointment: Appointment {
                seat: seat as u16,
                worker: number,
                reports: reports.pack(),
                inbox: paths.inbox.handle().pack(),
                desk: paths.desk.handle().pack(),
                initializer,
                nice: config.nice,
                processors,
                has_memory_limit: config.command.memory_limit.is_some(),
                captures_output: config.capture_output,
                wanted_events: wanted(),
                guardian: None,
            },
            arguments,
            handles,
            allowance: config.max_tasks_per_worker.map_or(u64::MAX, Into::into),
        })
    }

    /// Gives a worker its seat, and what there is to do if it is ready already: nobody else would.
    fn seat(&mut self, me: &Participant, seat: usize, mut worker: Worker, wakers: &mut Vec<Waker>) {
        let is_early = self.early.worker == worker.number;
        let early = if is_early {
            std::mem::take(&mut self.early)
        } else {
            EarlyReport::default()
        };
        worker.unprepared = early.unprepared;
        if let super::state::Phase::Over(_) = self.phase {
            worker.kill();
        } else if self.is_finished() {
            // It finds nothing to do.
            let _ = worker.paths.inbox.close(me);
        }
        if let Some(place) = self.seats.get_mut(seat) {
            place.worker = Some(worker);
        }
        if let Some(ready) = early.ready {
            self.make_ready(seat, ready);
            self.dispatch(me, wakers);
        }
    }
}

impl PoolConfig {
    /// Refuses what cannot be had.
    pub(super) fn check(&self) -> Result<(), PoolError> {
        if self.workers == 0 {
            return Err(PoolError::NoWorkers);
        }
        if self.workers > MOST_WORKERS {
            return Err(PoolError::Setting {
                reason: format!(
                    "{} workers are more than the {MOST_WORKERS} that a pool can have",
                    self.workers
                ),
            });
        }
        if self.processors.iter().any(Vec::is_empty) {
            return Err(PoolError::Setting {
                reason: "a set of processors is empty, so that a worker could run nowhere"
                    .to_owned(),
            });
        }
        if self.starter.is_some() && (self.initializer.is_some() || self.capture_output) {
            return Err(PoolError::Setting {
                reason:
                    "who starts the workers otherwise than by a command prepares them as well, \
                         and their output is not captured"
                        .to_owned(),
            });
        }
        Ok(())
    }
}

/// Seats are numbered by 16 bits.
const MOST_WORKERS: usize = u16::MAX as usize;
