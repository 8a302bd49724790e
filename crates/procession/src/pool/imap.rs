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

/// The number of an item and its result, unless there are no more.
type Next<R> = Option<(usize, Result<R, PoolError>)>;

impl<'p, I, R> Imap<'p, I, R>
where
    I: Iterator,
    I::Item: Serialize + 'static,
    R: DeserializeOwned + 'static,
{
    pub(super) fn new(feed: Feed<I>, progress: Option<Progress>) -> Self {
        let mut imap = Imap {
            feed,
            progress,
            is_over: false,
            result: PhantomData,
        };
        // Dropped, and so cancelled, if the iterator of the items panics.
        imap.feed.fill();
        imap
    }

    pub(super) fn refusal_at_once(&mut self) -> Option<PoolError> {
        self.feed.refusal_at_once()
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
        let next = self.next_until(Instant::now().checked_add(timeout))?;
        Ok(next.map(|(_, result)| result))
    }

    /// Takes what the task of the last result has written, if the pool
    /// [captures](crate::PoolBuilder::capture_output) that.
    pub fn last_output(&mut self) -> TaskOutput {
        self.feed.last_output()
    }

    /// The results, each with the number of its item: its place, from 0, in the order of the items.
    ///
    /// Where results come in the order of their completion this tells whose an error is.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Pool, PoolError};
    ///
    /// fn main() -> Result<(), PoolError> {
    ///     procession::init();
    ///     let pool = Pool::new(2)?;
    ///     let divisors = [1, 0, 2];
    ///     for (number, result) in pool.imap_unordered(|d: i32| 6 / d, divisors)?.numbered() {
    ///         match result {
    ///             Ok(quotient) => assert_eq!(quotient, 6 / divisors[number]),
    ///             Err(_) => assert_eq!(number, 1),
    ///         }
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn numbered(self) -> Numbered<'p, I, R> {
        Numbered(self)
    }

    fn next_until(&mut self, deadline: Option<Instant>) -> Result<Next<R>, PoolError> {
        if self.is_over {
            return Ok(None);
        }
        let Some((number, outcome)) = self.feed.next(deadline)? else {
            self.is_over = true;
            return Ok(None);
        };
        if let Some(progress) = &mut self.progress {
            progress.advance(outcome.is_err());
        }
        Ok(Some((number, self.feed.route.decode(outcome))))
    }

    fn next_numbered(&mut self) -> Next<R> {
        match self.next_until(None) {
            Ok(next) => next,
            Err(error) => {
                self.is_over = true;
                Some((self.feed.job.submitted(), Err(error)))
            }
        }
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
        self.next_numbered().map(|(_, result)| result)
    }
}

/// The results of an [`Imap`], each with the number of its item; made by [`Imap::numbered`].
///
/// What ended the iteration before all items were submitted has the number of the first that was not.
#[derive(Debug)]
#[must_use = "iterators do nothing until they are asked; dropping this one cancels its tasks"]
pub struct Numbered<'p, I, R>(Imap<'p, I, R>);

impl<I, R> Iterator for Numbered<'_, I, R>
where
    I: Iterator,
    I::Item: Serialize + 'static,
    R: DeserializeOwned + 'static,
{
    type Item = (usize, Result<R, PoolError>);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next_numbered()
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
