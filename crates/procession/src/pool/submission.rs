//! What can be said about tasks when they are submitted.

use std::time::Duration;

use procession_engine::PoolError;
use procession_engine::pool::{Callback, Job, JobSettings, Order, TaskOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::feed::Feed;
use super::progress::Progress;
use super::work::WorkOf;
use super::{AsyncResult, Imap, Pool, results, work};
use crate::Function;
use crate::function::CapturesNothing;

/// Says more about tasks before they are submitted; made by [`Pool::submit`].
///
/// What is said holds for each of the tasks that the call at the end submits.
///
/// # Examples
///
/// ```
/// use procession::{Pool, PoolError};
/// use std::time::Duration;
///
/// fn main() -> Result<(), PoolError> {
///     procession::init();
///     let pool = Pool::new(2)?;
///     let roots = pool
///         .submit()
///         .timeout(Duration::from_secs(60))
///         .retries(2)
///         .map(f64::sqrt, [1.0, 4.0, 9.0])?;
///     assert_eq!(roots, [1.0, 2.0, 3.0]);
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is submitted until a function is given"]
pub struct Submission<'p> {
    pool: &'p Pool,
    options: TaskOptions,
    buffersize: Option<usize>,
    progress: Option<String>,
}

impl<'p> Submission<'p> {
    pub(super) fn new(pool: &'p Pool) -> Submission<'p> {
        Submission {
            pool,
            options: pool.route.options(),
            buffersize: None,
            progress: None,
        }
    }

    /// How long a task may run. Then its worker is killed and replaced, and the task fails with [`PoolError::TaskTimeout`].
    ///
    /// The time during which it waits for a worker does not count. The task's result may be there a moment before its worker
    /// has ended.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// How often a task is run again after its worker was lost, or after it ran out of time. The default is never.
    ///
    /// Ask for it only if doing the task twice does no harm. A panic is an answer, and is not asked for again; nor is a task
    /// that needed too much memory.
    pub fn retries(mut self, retries: u32) -> Self {
        self.options.retries = retries;
        self
    }

    /// Tasks of a higher priority are begun before those of a lower one; the default is 0.
    ///
    /// What a worker has been given already, it begins in the order in which it was given.
    pub fn priority(mut self, priority: i32) -> Self {
        self.options.priority = priority;
        self
    }

    /// How many items a [`map`](Self::map) or an [`imap`](Self::imap) has on their way at a time, results that were not taken
    /// included. The default is as many as keep the workers busy, at most 4096, and not more than some 16 MiB of arguments or results
    /// unless single ones are that large.
    ///
    /// A task that waits for what another one does, further ahead than that, waits for ever: the other is not begun before.
    pub fn buffersize(mut self, items: usize) -> Self {
        self.buffersize = Some(items);
        self
    }

    /// Shows how many of the items of a [`map`](Self::map), a [`starmap`](Self::starmap) or an [`imap`](Self::imap) are done: by a bar
    /// on a terminal, by a line every other second elsewhere; on standard error.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Pool, PoolError};
    ///
    /// fn main() -> Result<(), PoolError> {
    ///     procession::init();
    ///     let pool = Pool::new(2)?;
    ///     let doubled = pool.submit().progress("doubling").map(|x: u32| 2 * x, 0..1000)?;
    ///     assert_eq!(doubled[999], 1998);
    ///     Ok(())
    /// }
    /// ```
    pub fn progress(mut self, label: impl Into<String>) -> Self {
        self.progress = Some(label.into());
        self
    }

    /// See [`Pool::apply`].
    ///
    /// # Errors
    ///
    /// As [`Pool::apply`].
    pub fn apply<F, A, R>(self, function: F, arguments: A) -> Result<R, PoolError>
    where
        F: Function<A, R>,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        self.apply_proven(const { CapturesNothing::new() }, function, arguments)
    }

    /// See [`Pool::apply_async`].
    ///
    /// # Errors
    ///
    /// As [`Pool::apply_async`].
    pub fn apply_async<F, A, R>(
        self,
        function: F,
        arguments: A,
    ) -> Result<AsyncResult<R>, PoolError>
    where
        F: Function<A, R>,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        self.apply_async_proven(const { CapturesNothing::new() }, function, arguments, None)
    }

    /// See [`Pool::apply_async_with`].
    ///
    /// # Errors
    ///
    /// As [`Pool::apply_async`].
    pub fn apply_async_with<F, A, R>(
        self,
        function: F,
        arguments: A,
        callback: impl FnOnce(&R) + Send + 'static,
        error_callback: impl FnOnce(&PoolError) + Send + 'static,
    ) -> Result<AsyncResult<R>, PoolError>
    where
        F: Function<A, R>,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        let callback = results::callback_of_one(self.pool.route.clone(), callback, error_callback);
        self.apply_async_proven(
            const { CapturesNothing::new() },
            function,
            arguments,
            Some(callback),
        )
    }

    /// See [`Pool::map`].
    ///
    /// # Errors
    ///
    /// As [`Pool::map`].
    pub fn map<F, T, R>(
        self,
        function: F,
        items: impl IntoIterator<Item = T>,
    ) -> Result<Vec<R>, PoolError>
    where
        F: Function<(T,), R>,
        T: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        self.map_proven(
            work::of_item(const { CapturesNothing::new() }, function),
            items,
        )
    }

    /// See [`Pool::starmap`].
    ///
    /// # Errors
    ///
    /// As [`Pool::starmap`].
    pub fn starmap<F, A, R>(
        self,
        function: F,
        items: impl IntoIterator<Item = A>,
    ) -> Result<Vec<R>, PoolError>
    where
        F: Function<A, R>,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        self.map_proven(
            work::of_arguments(const { CapturesNothing::new() }, function),
            items,
        )
    }

    /// See [`Pool::map_async`].
    ///
    /// # Errors
    ///
    /// As [`Pool::map_async`].
    pub fn map_async<F, T, R>(
        self,
        function: F,
        items: impl IntoIterator<Item = T>,
    ) -> Result<AsyncResult<Vec<R>>, PoolError>
    where
        F: Function<(T,), R>,
        T: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        self.map_async_proven(
            work::of_item(const { CapturesNothing::new() }, function),
            items,
            None,
        )
    }

    /// See [`Pool::imap`].
    ///
    /// # Errors
    ///
    /// As [`Pool::imap`].
    pub fn imap<F, T, R, I>(
        self,
        function: F,
        items: I,
    ) -> Result<Imap<'p, I::IntoIter, R>, PoolError>
    where
        F: Function<(T,), R>,
        T: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
        I: IntoIterator<Item = T>,
    {
        let work = work::of_item(const { CapturesNothing::new() }, function);
        self.imap_proven(work, items, Order::AsSubmitted)
    }

    /// See [`Pool::imap_unordered`].
    ///
    /// # Errors
    ///
    /// As [`Pool::imap`].
    pub fn imap_unordered<F, T, R, I>(
        self,
        function: F,
        items: I,
    ) -> Result<Imap<'p, I::IntoIter, R>, PoolError>
    where
        F: Function<(T,), R>,
        T: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
        I: IntoIterator<Item = T>,
    {
        let work = work::of_item(const { CapturesNothing::new() }, function);
        self.imap_proven(work, items, Order::AsCompleted)
    }

    pub(super) fn apply_proven<F, A, R>(
        self,
        proof: CapturesNothing<F>,
        function: F,
        arguments: A,
    ) -> Result<R, PoolError>
    where
        F: Function<A, R>,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        let job = self.job(
            &work::of_arguments(proof, function),
            Order::AsSubmitted,
            None,
            false,
        )?;
        self.push_only(&job, arguments)?;
        match job.next(None)? {
            Some((_, outcome)) => self.pool.route.decode(outcome),
            None => Err(PoolError::NotReady),
        }
    }

    pub(super) fn apply_async_proven<F, A, R>(
        self,
        proof: CapturesNothing<F>,
        function: F,
        arguments: A,
        callback: Option<Callback>,
    ) -> Result<AsyncResult<R>, PoolError>
    where
        F: Function<A, R>,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        let job = self.job(
            &work::of_arguments(proof, function),
            Order::AsSubmitted,
            callback,
            true,
        )?;
        self.push_only(&job, arguments)?;
        Ok(AsyncResult::new(job, self.pool.route.clone(), results::one))
    }

    pub(super) fn map_proven<T, R>(
        self,
        work: WorkOf<T, R>,
        items: impl IntoIterator<Item = T>,
    ) -> Result<Vec<R>, PoolError>
    where
        T: Serialize + 'static,
        R: DeserializeOwned + 'static,
    {
        let items = items.into_iter();
        let mut results = Vec::with_capacity(items.size_hint().0);
        let mut failure = None;
        let job = self.job(&work, Order::AsSubmitted, None, false)?;
        let progress = self.progress_of(&items);
        let mut imap = Imap::new(self.feed(job, items), progress);
        for result in imap.by_ref() {
            match result {
                Ok(result) => results.push(result),
                Err(error) => {
                    failure.get_or_insert(error);
                }
            }
        }
        failure.map_or(Ok(results), Err)
    }

    pub(super) fn map_async_proven<T, R>(
        self,
        work: WorkOf<T, R>,
        items: impl IntoIterator<Item = T>,
        callback: Option<Callback>,
    ) -> Result<AsyncResult<Vec<R>>, PoolError>
    where
        T: Serialize + 'static,
        R: DeserializeOwned + 'static,
    {
        let job = self.job(&work, Order::AsSubmitted, callback, true)?;
        for mut item in items {
            job.push(self.pool.route.encode(&mut item)?)?;
        }
        job.seal();
        Ok(AsyncResult::new(job, self.pool.route.clone(), results::all))
    }

    pub(super) fn imap_proven<T, R, I>(
        self,
        work: WorkOf<T, R>,
        items: I,
        order: Order,
    ) -> Result<Imap<'p, I::IntoIter, R>, PoolError>
    where
        T: Serialize + 'static,
        R: DeserializeOwned + 'static,
        I: IntoIterator<Item = T>,
    {
        let job = self.job(&work, order, None, true)?;
        let items = items.into_iter();
        let progress = self.progress_of(&items);
        let mut imap = Imap::new(self.feed(job, items), progress);
        match imap.refusal_at_once() {
            Some(refusal) => Err(refusal),
            None => Ok(imap),
        }
    }

    fn feed<I>(&self, job: Job, items: I) -> Feed<I>
    where
        I: Iterator,
        I::Item: Serialize + 'static,
    {
        Feed::new(
            job,
            self.pool.route.clone(),
            items,
            self.buffersize,
            self.pool.workers(),
        )
    }

    fn push_only<T: Serialize + 'static>(&self, job: &Job, mut item: T) -> Result<(), PoolError> {
        job.push(self.pool.route.encode(&mut item)?)?;
        job.seal();
        Ok(())
    }

    /// What is to show how far the items have come, if it was asked for.
    fn progress_of(&self, items: &impl Iterator) -> Option<Progress> {
        let total = match items.size_hint() {
            (least, Some(most)) if least == most => Some(least as u64),
            _ => None,
        };
        Some(Progress::new(self.progress.clone()?, total))
    }

    fn job<T, R>(
        &self,
        work: &WorkOf<T, R>,
        order: Order,
        callback: Option<Callback>,
        attended: bool,
    ) -> Result<Job, PoolError> {
        let settings = JobSettings {
            label: work.name.into(),
            options: self.options,
            order,
            callback,
            attended,
        };
        self.pool.core.job(work.work, settings)
    }
}
