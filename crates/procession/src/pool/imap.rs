//! An iterator of results.

use std::fmt;
use std::marker::PhantomData;
use std::time::{Duration, Instant};

use procession_engine::PoolError;
use procession_engine::pool::TaskOutput;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::feed::Feed;
use super::progress::Progress;
use super::results::decode;

/// The results of [`Pool::imap`](super::Pool::imap) or [`Pool::imap_unordered`](super::Pool::imap_unordered).
///
/// Each is a `Result` of its own: an item whose task failed does not end the iteration. If the pool is closed or terminated
/// before all items were submitted, the last result says so.
///
/// # If a process dies
///
/// If it is a worker, the result of its running task is [`PoolError::WorkerLost`]; the iteration goes on.
#[must_use = "iterators do nothing until they are asked; dropping this one cancels its tasks"]
pub struct Imap<'p, I, R> {
    feed: Feed<I>,
    progress: Option<Progress>,
    is_over: bool,
    result: PhantomData<fn(&'p ()) -> R>,
}

impl<I, R> Imap<'_, I, R>
where
    I: Iterator,
    I::Item: Serialize + 'static,
    R: DeserializeOwned + 'static,
{
    pub(super) fn new(mut feed: Feed<I>, progress: Option<Progress>) -> Self {
        feed.fill();
        Imap {
            feed,
            progress,
            is_over: false,
            result: PhantomData,
        }
    }

    /// As `next`, but waits at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`PoolError::NotReady`] if the next result is not there by then; it can be asked for again.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Pool, PoolError};
    /// use std::time::Duration;
    ///
    /// fn main() -> Result<(), PoolError> {
    ///     procession::init();
    ///     let pool = Pool::new(1)?;
    ///     let mut results = pool.imap(|x: i32| -x, [1, 2])?;
    ///     let first = loop {
    ///         match results.next_timeout(Duration::from_millis(10)) {
    ///             Err(PoolError::NotReady) => println!("still waiting"),
    ///             next => break next?,
    ///         }
    ///     };
    ///     assert_eq!(first.transpose()?, Some(-1));
    ///     Ok(())
    /// }
    /// ```
    pub fn next_timeout(
        &mut self,
        timeout: Duration,
    ) -> Result<Option<Result<R, PoolError>>, PoolError> {
        self.next_until(Instant::now().checked_add(timeout))
    }

    /// Takes what the task of the last result has written, if the pool
    /// [captures](crate::PoolBuilder::capture_output) that.
    pub fn last_output(&mut self) -> TaskOutput {
        self.feed.last_output()
    }

    fn next_until(
        &mut self,
        deadline: Option<Instant>,
    ) -> Result<Option<Result<R, PoolError>>, PoolError> {
        if self.is_over {
            return Ok(None);
        }
        let next = self.feed.next(deadline)?;
        let Some(outcome) = next else {
            self.is_over = true;
            return Ok(None);
        };
        if let Some(progress) = &mut self.progress {
            progress.advance(outcome.is_err());
        }
        Ok(Some(decode(outcome)))
    }
}

impl<I, R> Iterator for Imap<'_, I, R>
where
    I: Iterator,
    I::Item: Serialize + 'static,
    R: DeserializeOwned + 'static,
{
    type Item = Result<R, PoolError>;

    fn next(&mut self) -> Option<Result<R, PoolError>> {
        match self.next_until(None) {
            Ok(next) => next,
            Err(error) => {
                self.is_over = true;
                Some(Err(error))
            }
        }
    }
}

impl<I, R> Drop for Imap<'_, I, R> {
    fn drop(&mut self) {
        // In an iteration that has come to its end there is nothing to cancel.
        if let Err(error) = self.feed.job.cancel() {
            tracing::warn!(%error, "the tasks of an iteration could not be cancelled");
        }
    }
}

impl<I, R> fmt::Debug for Imap<'_, I, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Imap").field(&self.feed.job).finish()
    }
}
