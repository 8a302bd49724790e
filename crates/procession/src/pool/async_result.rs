//! A result that is still to come.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use procession_engine::PoolError;
use procession_engine::pool::{Job, TaskOutput};

use super::route::Route;

/// The result of a task, or of many, that is still to come.
///
/// It can be waited for in any way and any number of times, from several threads, also after the pool is gone. It is a
/// future too, for any executor. Dropping it changes nothing for the task.
///
/// # Cancel safety
///
/// As a future it may be dropped at any time; the task goes on. [`cancel`](Self::cancel) ends it.
///
/// # If a process dies
///
/// If it is the task's worker, the result is there at once: [`PoolError::WorkerLost`].
pub struct AsyncResult<R> {
    job: Job,
    route: Route,
    collect: fn(&Job, &Route) -> Result<R, PoolError>,
}

impl<R> AsyncResult<R> {
    pub(super) fn new(
        job: Job,
        route: Route,
        collect: fn(&Job, &Route) -> Result<R, PoolError>,
    ) -> AsyncResult<R> {
        AsyncResult {
            job,
            route,
            collect,
        }
    }

    fn collect(&self) -> Result<R, PoolError> {
        (self.collect)(&self.job, &self.route)
    }

    /// Waits for the result, and returns it.
    ///
    /// # Errors
    ///
    /// [`PoolError`] says what happened to the task instead.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Pool, PoolError};
    ///
    /// fn main() -> Result<(), PoolError> {
    ///     procession::init();
    ///     let pool = Pool::new(1)?;
    ///     let result = pool.apply_async(|text: String| text.to_uppercase(), ("grüezi".to_owned(),))?;
    ///     assert_eq!(result.get()?, "GRÜEZI");
    ///     assert_eq!(result.get()?, "GRÜEZI"); // as often as you like
    ///     Ok(())
    /// }
    /// ```
    pub fn get(&self) -> Result<R, PoolError> {
        self.job.wait(None)?;
        self.collect()
    }

    /// Waits for the result at most for `timeout`, and returns it.
    ///
    /// # Errors
    ///
    /// [`PoolError::NotReady`] if the time is over; the task goes on. Apart from that those of [`get`](Self::get).
    pub fn get_timeout(&self, timeout: Duration) -> Result<R, PoolError> {
        match self.wait_timeout(timeout)? {
            true => self.collect(),
            false => Err(PoolError::NotReady),
        }
    }

    /// Waits until the result is there, whatever it is.
    ///
    /// # Errors
    ///
    /// [`PoolError::Arena`] if the session cannot be used.
    pub fn wait(&self) -> Result<(), PoolError> {
        self.job.wait(None).map(drop)
    }

    /// Waits until the result is there, at most for `timeout`; says whether it is.
    ///
    /// # Errors
    ///
    /// [`PoolError::Arena`] if the session cannot be used.
    pub fn wait_timeout(&self, timeout: Duration) -> Result<bool, PoolError> {
        // A time too far away to be expressed is no limit.
        self.job.wait(Instant::now().checked_add(timeout))
    }

    /// Whether the result is there.
    pub fn ready(&self) -> bool {
        // What keeps it from looking keeps `get` from waiting, which says so.
        self.job.is_ready().unwrap_or(true)
    }

    /// Whether there is a result, rather than an error instead of one.
    ///
    /// # Errors
    ///
    /// [`PoolError::NotReady`] if it is too early to tell.
    pub fn successful(&self) -> Result<bool, PoolError> {
        match self.job.is_ready()? {
            true => {
                Ok((0..self.job.submitted())
                    .all(|index| matches!(self.job.outcome(index), Ok(Ok(_)))))
            }
            false => Err(PoolError::NotReady),
        }
    }

    /// Takes what the task has written to its standard output and standard error, if the pool
    /// [captures](crate::PoolBuilder::capture_output) that; of several tasks, one after the other.
    ///
    /// Empty before the result is there, and after it was taken.
    pub fn output(&self) -> TaskOutput {
        let mut all = TaskOutput::default();
        if self.ready() {
            for its in (0..self.job.submitted()).filter_map(|index| self.job.take_output(index)) {
                all.stdout.extend(its.stdout);
                all.stderr.extend(its.stderr);
            }
        }
        all
    }

    /// Ends what has not ended yet: tasks that wait are not begun, and those that run are killed with their workers, which
    /// are replaced. The result then is [`PoolError::Cancelled`]. Says whether there was anything to end.
    ///
    /// # Errors
    ///
    /// [`PoolError::Arena`] if the session cannot be used.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Pool, PoolError};
    ///
    /// fn sleep_for_ever() {
    ///     loop {
    ///         std::thread::park();
    ///     }
    /// }
    ///
    /// fn main() -> Result<(), PoolError> {
    ///     procession::init();
    ///     let pool = Pool::new(1)?;
    ///     let stuck = pool.apply_async(sleep_for_ever, ())?;
    ///     assert!(stuck.cancel()?);
    ///     assert!(matches!(stuck.get(), Err(PoolError::Cancelled)));
    ///     assert_eq!(pool.apply(|| 1, ())?, 1); // the worker is free again
    ///     Ok(())
    /// }
    /// ```
    pub fn cancel(&self) -> Result<bool, PoolError> {
        Ok(self.job.cancel()? > 0)
    }
}

impl<R> Future for AsyncResult<R> {
    type Output = Result<R, PoolError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        ready!(self.job.poll_ready(context))?;
        Poll::Ready(self.collect())
    }
}

impl<R> fmt::Debug for AsyncResult<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AsyncResult").field(&self.job).finish()
    }
}
