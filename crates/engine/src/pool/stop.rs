//! Ending a task that runs, and everything at once. See "Dooming" in `README.md`.

use std::sync::Arc;
use std::task::Waker;

use procession_arena::sys::clock;
use procession_arena::{Error, Participant};
use procession_objects::Mark;

use super::dispatch::nanoseconds;
use super::error::PoolError;
use super::job::JobState;
use super::seat::Worker;
use super::state::{Phase, State};
use super::task::{Assigned, Task};
use super::waiting::Interest;

impl Worker {
    /// Kills the worker for task `number`, unless that is finished; true if it has been, and the task will not be
    /// reported.
    fn stop(&mut self, me: &Participant, number: u64) -> Result<bool, Error> {
        let is_stopped = self.paths.desk.stop(me, number)?;
        if is_stopped {
            self.is_doomed = true;
            self.kill();
        }
        Ok(is_stopped)
    }

    /// Ends the worker at once.
    pub(super) fn kill(&self) {
        if let Err(error) = self.child.kill() {
            tracing::error!(%error, pid = self.child.pid(), "a worker of a pool cannot be killed");
        }
    }
}

impl State {
    /// Ends all tasks of a job, or those that have not begun; says how many.
    pub(super) fn cancel(
        &mut self,
        me: &Participant,
        job: &Arc<JobState>,
        also_running: bool,
        wakers: &mut Vec<Waker>,
    ) -> Result<usize, PoolError> {
        let mut cancelled = self.pending.take_job(job);
        for seat in 0..self.seats.len() {
            self.cancel_of_worker(me, seat, job, also_running, &mut cancelled)?;
        }
        let count = cancelled.len();
        self.tell(
            cancelled
                .into_iter()
                .map(|task| task.fail(PoolError::Cancelled)),
            wakers,
        );
        // Who waits for room has it now.
        self.wake_followers(|interest| matches!(interest, Interest::Pool));
        self.dispatch(me, wakers);
        Ok(count)
    }

    fn cancel_of_worker(
        &mut self,
        me: &Participant,
        seat: usize,
        job: &Arc<JobState>,
        also_running: bool,
        cancelled: &mut Vec<Task>,
    ) -> Result<(), Error> {
        let is_ours = |assigned: &Assigned| Arc::ptr_eq(&assigned.task.job, job);
        let worker = self.seats.get(seat).and_then(|seat| seat.worker.as_ref());
        if !worker.is_some_and(|worker| worker.assigned.iter().any(is_ours)) {
            return Ok(());
        }
        let unbegun = self.take_back(me, seat, usize::MAX);
        let (ours, others) = unbegun
            .into_iter()
            .partition(|task| Arc::ptr_eq(&task.job, job));
        cancelled.extend::<Vec<_>>(ours);
        self.put_back(others);
        if !also_running {
            return Ok(());
        }
        let Some(worker) = self
            .seats
            .get_mut(seat)
            .and_then(|seat| seat.worker.as_mut())
        else {
            return Ok(());
        };
        // What is left it has begun, all but the last of them finished.
        let numbers: Vec<u64> = worker
            .assigned
            .iter()
            .filter(|task| is_ours(task))
            .map(|task| task.number)
            .collect();
        for number in numbers {
            if worker.stop(me, number)? {
                cancelled.extend(worker.take(number).map(Assigned::into_task));
            }
        }
        Ok(())
    }

    /// Ends the tasks that have run too long; returns when to look next, by the clock of all processes.
    pub(super) fn expire(
        &mut self,
        me: &Participant,
        wakers: &mut Vec<Waker>,
    ) -> Result<u64, Error> {
        let now = clock::now();
        let mut next = u64::MAX;
        for seat in 0..self.seats.len() {
            if let Some(worker) = self.seats.get(seat).and_then(|seat| seat.worker.as_ref()) {
                let mark = worker.paths.desk.mark(me)?;
                let started = worker.paths.desk.started(me)?;
                let (late, soonest) = worker.look_at_time(mark, started, now);
                next = next.min(soonest);
                if let Some(number) = late {
                    self.expire_of_worker(me, seat, number, wakers)?;
                }
            }
        }
        Ok(next)
    }

    fn expire_of_worker(
        &mut self,
        me: &Participant,
        seat: usize,
        number: u64,
        wakers: &mut Vec<Waker>,
    ) -> Result<(), Error> {
        let Some(worker) = self
            .seats
            .get_mut(seat)
            .and_then(|seat| seat.worker.as_mut())
        else {
            return Ok(());
        };
        if !worker.stop(me, number)? {
            return Ok(());
        }
        let pid = worker.child.pid();
        let started = worker.paths.desk.started(me)?;
        let output = worker.unfinished_output();
        if let Some(mut task) = worker.take(number).map(Assigned::into_task) {
            let timeout = task.job.options.timeout.unwrap_or_default();
            if task.retries > 0 {
                task.retries -= 1;
                self.pending.put_back(task);
            } else {
                let late = Err(PoolError::TaskTimeout { timeout, pid });
                self.trace_task(
                    &task,
                    pid,
                    started,
                    clock::now().saturating_sub(started),
                    &late,
                );
                self.tell([task.resolve(late, output)], wakers);
            }
        }
        let unbegun = self.take_back(me, seat, usize::MAX);
        self.put_back(unbegun);
        self.dispatch(me, wakers);
        Ok(())
    }

    /// Ends all tasks and all workers.
    pub(super) fn end(&mut self, reason: &PoolError, wakers: &mut Vec<Waker>) {
        if let Phase::Over(_) = self.phase {
            return;
        }
        self.phase = Phase::Over(reason.clone());
        let mut tasks: Vec<Task> = std::iter::from_fn(|| self.pending.pop()).collect();
        if let Some(errands) = &mut self.errands {
            tasks.extend(errands.call_off_all());
        }
        for worker in self.workers_mut() {
            tasks.extend(worker.assigned.drain(..).map(Assigned::into_task));
            worker.kill();
        }
        self.tell(
            tasks.into_iter().map(|task| task.fail(reason.clone())),
            wakers,
        );
        self.wake_followers(|_| true);
        self.leader_is_wanted = true;
        self.attendant_is_wanted = true;
        self.look_for_end();
    }
}

impl Worker {
    /// The task that has run too long, and when to look at this worker next.
    fn look_at_time(&self, mark: Mark, started: u64, now: u64) -> (Option<u64>, u64) {
        let mut late = None;
        let mut next = u64::MAX;
        for assigned in &self.assigned {
            let Some(timeout) = assigned.task.job.options.timeout else {
                continue;
            };
            // One that has not begun cannot be late sooner than if it began now.
            let runs = mark.is_running(assigned.number);
            let end = if runs { started } else { now }.saturating_add(nanoseconds(timeout));
            match end <= now && runs {
                true => late = Some(assigned.number),
                false => next = next.min(end),
            }
        }
        (late, next)
    }
}
