//! The thread that watches the workers: it notices their ends, keeps the time, and starts new ones.

use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use procession_arena::sys::clock;
use procession_arena::sys::readiness::wait_readable;
use procession_arena::{Participant, Wait};

use super::error::PoolError;
use super::owner::system;
use super::process::WorkerProcess;
use super::seat::Ended;
use super::shared::Shared;
use super::start;
use super::state::State;
use super::waiting::Leadership;
use crate::launch::{LaunchError, ProcessError};
use crate::with_participant;

/// How soon it looks again whether a worker that has ended is settled.
const SOON: Duration = Duration::from_millis(5);

/// A worker to be watched.
struct Watched {
    seat: usize,
    worker: u32,
    child: Arc<dyn WorkerProcess>,
}

/// The supervisor's life: until the pool has ended and the last worker is gone.
pub(super) fn supervise(shared: &Shared) {
    if let Err(error) = with_participant(|me| shared.supervise(me)) {
        tracing::error!(%error, "a pool cannot watch its workers, and ends");
        shared.end(&error);
        // Nobody will see them end.
        shared.change(|state, _| state.vacate());
    }
    shared.change(|state, _| state.attendant_is_wanted = true);
    // Callbacks have their turn; their thread looks whether there will be more.
    shared.caller.notify_all();
}

impl Shared {
    fn supervise(&self, me: &Participant) -> Result<(), PoolError> {
        loop {
            self.fill_seats();
            let (watched, wake_up) = self.change(|state, wakers| {
                state.let_go_if_finished(me);
                let next = state.expire(me, wakers)?;
                let wake_up = next.min(state.next_start());
                state.supervisor_wakes = wake_up;
                Ok::<_, PoolError>((state.watched(), wake_up))
            })?;
            if watched.is_empty() && self.lock().is_empty() {
                return Ok(());
            }
            let timeout = match self.has_ended_workers.load(Ordering::Acquire) {
                true => Some(SOON),
                false => (wake_up != u64::MAX).then(|| {
                    Duration::from_nanos(wake_up.saturating_sub(clock::now()))
                        .max(Duration::from_micros(50))
                }),
            };
            self.look(&watched, timeout)?;
        }
    }

    /// Starts workers for the seats that have none, if now is the time.
    fn fill_seats(&self) {
        loop {
            let seat = self.change(|state, _| state.vacant_seat());
            let Some(seat) = seat else {
                return;
            };
            match start::start_worker(self, seat) {
                Ok(()) => {}
                // This process exits, and its pools go with it.
                Err(PoolError::Launch(error)) if matches!(*error, LaunchError::Ending) => {
                    self.end(&PoolError::Terminated);
                }
                Err(error) => self.change(|state, wakers| {
                    state.start_failed(error.to_string(), false);
                    state.give_up_if_hopeless(wakers);
                }),
            }
        }
    }

    /// Waits until a worker ends, somebody calls, or the time is over.
    fn look(&self, watched: &[Watched], timeout: Option<Duration>) -> Result<(), PoolError> {
        let supervisor = &self.crew()?.supervisor;
        let mut descriptors = vec![supervisor.as_fd()];
        descriptors.extend(watched.iter().map(|watched| watched.child.descriptor()));
        let ready = wait_readable(&descriptors, timeout).map_err(system("poll"))?;
        if ready.first() == Some(&true) {
            supervisor.clear().map_err(system("read"))?;
        }
        let ended = watched
            .iter()
            .zip(ready.iter().skip(1))
            .filter(|(_, is_ready)| **is_ready);
        for (
            Watched {
                seat,
                worker,
                child,
            },
            _,
        ) in ended
        {
            self.note_end(*seat, *worker, child.as_ref())?;
        }
        self.have_settled()
    }

    /// A worker has ended: its slot in the session is reaped, and whoever leads settles what it left.
    fn note_end(
        &self,
        seat: usize,
        worker: u32,
        child: &dyn WorkerProcess,
    ) -> Result<(), PoolError> {
        let cause = match child.ending() {
            Ok(()) => None,
            Err(ProcessError::Arena(error)) => return Err(PoolError::Arena(error)),
            Err(cause) => Some(cause),
        };
        self.change(|state, _| {
            if let Some(worker) = state.worker(seat, worker) {
                worker.has_ended = true;
            }
            state.ended.push_back(Ended {
                seat,
                worker,
                cause,
            });
            state.leader_is_wanted = true;
            self.has_ended_workers.store(true, Ordering::Release);
        });
        Ok(())
    }

    /// Settles the workers that have ended, unless somebody leads, who will.
    fn have_settled(&self) -> Result<(), PoolError> {
        if !self.has_ended_workers.load(Ordering::Acquire) {
            return Ok(());
        }
        let leadership = self.change(|state, _| {
            state.leader_is_wanted = true;
            (!state.is_led).then(|| Leadership::take(self, state))
        });
        match leadership {
            Some(_leads) => self.read_reports(Wait::Never),
            None => Ok(()),
        }
    }
}

impl State {
    /// Gives all workers up, which have been killed.
    fn vacate(&mut self) {
        for seat in &mut self.seats {
            seat.worker = None;
        }
        self.trace = None;
        self.wake_followers(|_| true);
    }

    /// The workers whose ends are not known yet.
    fn watched(&self) -> Vec<Watched> {
        let seats = self.seats.iter().enumerate();
        seats
            .filter_map(|(seat, place)| Some((seat, place.worker.as_ref()?)))
            .filter(|(_, worker)| !worker.has_ended)
            .map(|(seat, worker)| Watched {
                seat,
                worker: worker.number,
                child: Arc::clone(&worker.child),
            })
            .collect()
    }

    /// A seat without a worker that may be given one now.
    fn vacant_seat(&self) -> Option<usize> {
        if self.is_finished() || self.failed_starts.not_before > clock::now() {
            return None;
        }
        self.seats.iter().position(|seat| seat.worker.is_none())
    }

    /// When a worker can be started at last, by the clock of all processes.
    fn next_start(&self) -> u64 {
        match !self.is_finished() && self.seats.iter().any(|seat| seat.worker.is_none()) {
            true => self.failed_starts.not_before,
            false => u64::MAX,
        }
    }

    /// Closes the inboxes when nothing will come any more.
    fn let_go_if_finished(&mut self, me: &Participant) {
        if !self.is_finished() {
            return;
        }
        for worker in self.workers_mut().filter(|worker| !worker.is_retiring) {
            worker.is_retiring = true;
            if let Err(error) = worker.paths.inbox.close(me) {
                tracing::warn!(%error, "a worker's inbox cannot be closed");
                worker.kill();
            }
        }
    }
}
