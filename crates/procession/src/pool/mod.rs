//! A pool of worker processes.

mod async_result;
mod builder;
mod feed;
mod imap;
mod progress;
mod results;
mod route;
mod submission;
pub(crate) mod work;

use std::fmt;
use std::path::Path;
use std::time::{Duration, Instant};

use procession_engine::pool::{Order, Pool as Core};
use procession_engine::{PoolError, WorkerStatistics};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use async_result::AsyncResult;
pub use builder::{PoolBuilder, Prepared};
pub use imap::{Imap, Numbered};
use route::Route;
pub use submission::Submission;

use crate::Function;
use crate::function::CapturesNothing;

/// A number of worker processes, started once, that carry out one task after another.
///
/// A task is a function and its arguments, as for a [`Process`](crate::Process). What distinguishes a pool from
/// threads is what a task can do to it: nothing. A task that panics, exits, segfaults or is killed fails alone;
/// its worker is replaced and all other tasks go on. What distinguishes it from other pools of processes is
/// that this holds for each instruction at which a worker may die.
///
/// | call | what it does |
/// |---|---|
/// | [`apply`](Pool::apply) | runs one task and waits for its result |
/// | [`apply_async`](Pool::apply_async) | runs one task; the [`AsyncResult`] is waited for later, or awaited |
/// | [`map`](Pool::map), [`starmap`](Pool::starmap) | runs a function on many items and waits for all results |
/// | [`map_async`](Pool::map_async), [`starmap_async`](Pool::starmap_async) | the same, waited for later |
/// | [`imap`](Pool::imap), [`imap_unordered`](Pool::imap_unordered) | an iterator of the results, fed by an iterator of the items, however many there are |
/// | [`submit`](Pool::submit) | says more about the tasks first: a time limit, retries, a priority, progress |
///
/// Many small tasks are as fast as few large ones: workers are handed as many ahead as keep them busy, judging by
/// what the last ones took, and who has nothing to do takes from who has most. There is no chunk size to choose.
///
/// All threads may use a pool at once, and a task may have a pool of its own. The workers are daemonic: they
/// end with this process, however it ends.
///
/// # On many machines
///
/// [`Cluster::pool`](crate::Cluster::pool) makes a pool whose workers are on other machines: those of *worker hosts*, which are this same program, started
/// with other arguments (see [`init`](crate::init)). All of the above works the same; what differs:
///
/// - A task is run again up to twice if its worker or its host is lost, since hosts come and go: write tasks so that running twice is harmless, or
///   say [`retries(0)`](Submission::retries). It may run twice at the same time if a host is cut off. Its result is told once.
/// - Hosts run their own workers: initializers, memory limits and the like are not the client's to set.
///   There are no [`pids`](Pool::pids), [`statistics`](Pool::statistics), captured output or [`trace`](Pool::trace).
/// - [`workers`](Pool::workers) counts what hosts have, and changes. While there is no host at all, tasks wait for one, a minute if
///   nothing else is said; then they fail with [`PoolError::NoWorkerHost`].
/// - Objects in this machine's memory cannot be arguments; those of the same [`Cluster`](crate::Cluster) can.
/// - If this process dies, tasks that run go on, and the others are dropped.
///
/// # The end of a pool
///
/// [`close`](Pool::close) and then [`join`](Pool::join) have everything done first. Dropping a pool
/// [terminates](Pool::terminate) it: the workers are killed, and tasks without a result fail with
/// [`PoolError::Terminated`].
///
/// # If a process dies
///
/// If it is a worker: the task that it was running fails with [`PoolError::WorkerLost`], which says how the worker ended, or
/// is run again if [retries](Submission::retries) were asked for. A task that it had been given and not begun goes to
/// another one. If workers end again and again before they are ready for a task, the pool gives up with
/// [`PoolError::Broken`] and the reason, instead of starting them for ever.
///
/// # Examples
///
/// ```
/// use procession::{Pool, PoolError};
///
/// fn factors(mut number: u64) -> Vec<u64> {
///     let mut factors = Vec::new();
///     for candidate in 2.. {
///         while number % candidate == 0 {
///             number /= candidate;
///             factors.push(candidate);
///         }
///         if number == 1 {
///             break;
///         }
///     }
///     factors
/// }
///
/// fn main() -> Result<(), PoolError> {
///     procession::init();
///     let pool = Pool::new(2)?;
///     assert_eq!(pool.apply(factors, (60,))?, [2, 2, 3, 5]);
///
///     let later = pool.apply_async(factors, (97,))?;
///     let many = pool.map(factors, 10..13)?;
///     assert_eq!(many, [vec![2, 5], vec![11], vec![2, 2, 3]]);
///     assert_eq!(later.get()?, [97]);
///
///     // One task fails, and nothing else.
///     let lost = pool.apply(|| std::process::abort(), ());
///     assert!(matches!(lost, Err::<(), _>(PoolError::WorkerLost { .. })));
///     assert_eq!(pool.apply(factors, (8,))?, [2, 2, 2]);
///     Ok(())
/// }
/// ```
pub struct Pool {
    core: Core,
    route: Route,
}

impl Pool {
    /// Starts a pool of so many workers; see [`builder`](Pool::builder) for one worker per processor and for more to say.
    ///
    /// # Errors
    ///
    /// [`PoolError::NoWorkers`] if there were to be none; [`PoolError::Launch`] if they cannot be started, for
    /// instance since `main` does not call [`init`](crate::init); [`PoolError::Arena`] if the session has no room.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Pool, PoolError};
    ///
    /// fn main() -> Result<(), PoolError> {
    ///     procession::init();
    ///     let pool = Pool::new(3)?;
    ///     assert_eq!(pool.workers(), 3);
    ///     assert!(matches!(Pool::new(0), Err(PoolError::NoWorkers)));
    ///     Ok(())
    /// }
    /// ```
    pub fn new(workers: usize) -> Result<Pool, PoolError> {
        Pool::builder().workers(workers).build()
    }

    /// Says more about the pool: how its workers are started, what they do first, how much memory they may have.
    pub fn builder() -> PoolBuilder {
        PoolBuilder::new()
    }

    /// Says more about tasks before they are submitted.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Pool, PoolError};
    /// use std::time::Duration;
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
    ///     let late = pool.submit().timeout(Duration::from_millis(20)).apply(sleep_for_ever, ());
    ///     assert!(matches!(late, Err(PoolError::TaskTimeout { .. })));
    ///     Ok(())
    /// }
    /// ```
    pub fn submit(&self) -> Submission<'_> {
        Submission::new(self)
    }

    /// Runs `function` with `arguments` in a worker, waits, and returns its result.
    ///
    /// The arguments are a tuple of what the function takes: `(x, y)` for two, `(x,)` for one, `()` for none.
    ///
    /// # Errors
    ///
    /// [`PoolError`] says why there is no result: what happened to the task, or why it could not be submitted.
    ///
    /// # If a process dies
    ///
    /// If it is the task's worker: [`PoolError::WorkerLost`], at once.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Pool, PoolError};
    ///
    /// fn main() -> Result<(), PoolError> {
    ///     procession::init();
    ///     let pool = Pool::new(1)?;
    ///     assert_eq!(pool.apply(|a: u32, b: u32| a * b, (6, 7))?, 42);
    ///
    ///     match pool.apply(|a: u32, b: u32| a / b, (6, 0)) {
    ///         Err(PoolError::Panicked { message, .. }) => {
    ///             assert_eq!(message, "attempt to divide by zero");
    ///         }
    ///         other => unreachable!("{other:?}"),
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub fn apply<F, A, R>(&self, function: F, arguments: A) -> Result<R, PoolError>
    where
        F: Function<A, R>,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        let proof = const { CapturesNothing::new() };
        self.submit().apply_proven(proof, function, arguments)
    }

    /// Has `function` run with `arguments` in a worker; the result is asked for later.
    ///
    /// # Errors
    ///
    /// [`PoolError::ArgumentEncode`], [`PoolError::Closed`] and whatever else prevents the task from being submitted. What
    /// happens to it then, [`AsyncResult::get`] says.
    ///
    /// # Examples
    ///
    /// An `AsyncResult` is a future, for any executor:
    ///
    /// ```
    /// # use std::{future::Future, pin::pin, sync::Arc, task::{Context, Poll, Wake}, thread};
    /// # struct Unpark(thread::Thread);
    /// # impl Wake for Unpark { fn wake(self: Arc<Self>) { self.0.unpark(); } }
    /// # fn block_on<T>(future: impl Future<Output = T>) -> T {
    /// #     let mut future = pin!(future);
    /// #     let waker = Arc::new(Unpark(thread::current())).into();
    /// #     loop {
    /// #         match future.as_mut().poll(&mut Context::from_waker(&waker)) {
    /// #             Poll::Ready(value) => return value,
    /// #             Poll::Pending => thread::park(),
    /// #         }
    /// #     }
    /// # }
    /// use procession::{Pool, PoolError};
    ///
    /// async fn both(pool: &Pool) -> Result<u64, PoolError> {
    ///     let double = |x: u64| 2 * x;
    ///     let (first, second) = (pool.apply_async(double, (10,))?, pool.apply_async(double, (11,))?);
    ///     Ok(first.await? + second.await?)
    /// }
    ///
    /// fn main() -> Result<(), PoolError> {
    ///     procession::init();
    ///     let pool = Pool::new(2)?;
    ///     assert_eq!(block_on(both(&pool))?, 42);
    ///     Ok(())
    /// }
    /// ```
    pub fn apply_async<F, A, R>(
        &self,
        function: F,
        arguments: A,
    ) -> Result<AsyncResult<R>, PoolError>
    where
        F: Function<A, R>,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        let proof = const { CapturesNothing::new() };
        self.submit()
            .apply_async_proven(proof, function, arguments, None)
    }

    /// As [`apply_async`](Pool::apply_async), and calls one of two functions with what came of the task.
    ///
    /// Callbacks are called one after another, in a thread of their own: however slow they are, tasks go on; and they may use
    /// the pool. A callback that panics makes the task's result a [`PoolError::CallbackPanicked`].
    /// [`AsyncResult::get`] returns after the callback has.
    ///
    /// # Errors
    ///
    /// As [`apply_async`](Pool::apply_async).
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::Pool;
    /// use std::sync::mpsc;
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     procession::init();
    ///     let pool = Pool::new(2)?;
    ///     let (sender, lengths) = mpsc::channel();
    ///     pool.apply_async_with(
    ///         |text: String| text.len(),
    ///         ("procession".to_owned(),),
    ///         move |length| sender.send(*length).unwrap_or_default(),
    ///         |error| eprintln!("{error}"),
    ///     )?;
    ///     assert_eq!(lengths.recv()?, 10);
    ///     Ok(())
    /// }
    /// ```
    pub fn apply_async_with<F, A, R>(
        &self,
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
        let proof = const { CapturesNothing::new() };
        let callback = results::callback_of_one(self.route.clone(), callback, error_callback);
        self.submit()
            .apply_async_proven(proof, function, arguments, Some(callback))
    }

    /// Runs `function` on each item, waits, and returns the results in the order of the items.
    ///
    /// Items are owned values; they are taken from the iterator as workers get to them, so that they need not all be in memory at the same time.
    ///
    /// # Errors
    ///
    /// The first error in the order of the items. All items are gone through before, also after one that
    /// failed; to learn of each, use [`imap`](Pool::imap).
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Pool, PoolError};
    ///
    /// fn main() -> Result<(), PoolError> {
    ///     procession::init();
    ///     let pool = Pool::new(2)?;
    ///     let squares = pool.map(|x: u64| x * x, 0..1000)?;
    ///     assert_eq!(squares.iter().sum::<u64>(), 332_833_500);
    ///     Ok(())
    /// }
    /// ```
    pub fn map<F, T, R>(
        &self,
        function: F,
        items: impl IntoIterator<Item = T>,
    ) -> Result<Vec<R>, PoolError>
    where
        F: Function<(T,), R>,
        T: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        let proof = const { CapturesNothing::new() };
        self.submit()
            .map_proven(work::of_item(proof, function), items)
    }

    /// As [`map`](Pool::map), for a function of several arguments: each item is a tuple of them.
    ///
    /// # Errors
    ///
    /// As [`map`](Pool::map).
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Pool, PoolError};
    ///
    /// fn main() -> Result<(), PoolError> {
    ///     procession::init();
    ///     let pool = Pool::new(2)?;
    ///     let powers = pool.starmap(u64::pow, [(2, 10), (3, 4), (10, 3)])?;
    ///     assert_eq!(powers, [1024, 81, 1000]);
    ///     Ok(())
    /// }
    /// ```
    pub fn starmap<F, A, R>(
        &self,
        function: F,
        items: impl IntoIterator<Item = A>,
    ) -> Result<Vec<R>, PoolError>
    where
        F: Function<A, R>,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        let proof = const { CapturesNothing::new() };
        self.submit()
            .map_proven(work::of_arguments(proof, function), items)
    }

    /// Has `function` run on each item; the results, all together, are asked for later.
    ///
    /// All items are taken from the iterator before this returns.
    ///
    /// # Errors
    ///
    /// As [`apply_async`](Pool::apply_async); the results then as [`map`](Pool::map).
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Pool, PoolError};
    ///
    /// fn main() -> Result<(), PoolError> {
    ///     procession::init();
    ///     let pool = Pool::new(2)?;
    ///     let lengths = pool.map_async(|word: String| word.len(), ["a".to_owned(), "bc".to_owned()])?;
    ///     pool.close();
    ///     pool.join()?;
    ///     assert_eq!(lengths.get()?, [1, 2]);
    ///     Ok(())
    /// }
    /// ```
    pub fn map_async<F, T, R>(
        &self,
        function: F,
        items: impl IntoIterator<Item = T>,
    ) -> Result<AsyncResult<Vec<R>>, PoolError>
    where
        F: Function<(T,), R>,
        T: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        let proof = const { CapturesNothing::new() };
        self.submit()
            .map_async_proven(work::of_item(proof, function), items, None)
    }

    /// As [`map_async`](Pool::map_async), and calls one of two functions: with all results, or with the first error. See
    /// [`apply_async_with`](Pool::apply_async_with).
    ///
    /// # Errors
    ///
    /// As [`map_async`](Pool::map_async).
    pub fn map_async_with<F, T, R>(
        &self,
        function: F,
        items: impl IntoIterator<Item = T>,
        callback: impl FnOnce(&Vec<R>) + Send + 'static,
        error_callback: impl FnOnce(&PoolError) + Send + 'static,
    ) -> Result<AsyncResult<Vec<R>>, PoolError>
    where
        F: Function<(T,), R>,
        T: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        let proof = const { CapturesNothing::new() };
        let callback = results::callback_of_all(self.route.clone(), callback, error_callback);
        self.submit()
            .map_async_proven(work::of_item(proof, function), items, Some(callback))
    }

    /// As [`map_async`](Pool::map_async), for a function of several arguments: each item is a tuple of them.
    ///
    /// # Errors
    ///
    /// As [`map_async`](Pool::map_async).
    pub fn starmap_async<F, A, R>(
        &self,
        function: F,
        items: impl IntoIterator<Item = A>,
    ) -> Result<AsyncResult<Vec<R>>, PoolError>
    where
        F: Function<A, R>,
        A: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
    {
        let proof = const { CapturesNothing::new() };
        self.submit()
            .map_async_proven(work::of_arguments(proof, function), items, None)
    }

    /// Runs `function` on each item, and iterates over the results in the order of the items.
    ///
    /// Items are taken from the iterator as results are asked for, a limited number ahead
    /// ([`Submission::buffersize`]): there may be more of them than memory holds, or an endless number.
    /// Dropping the iterator cancels what was taken and is not done.
    ///
    /// # Errors
    ///
    /// If the first items cannot be submitted, as [`apply_async`](Pool::apply_async); each result is one of its own.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Pool, PoolError};
    ///
    /// fn main() -> Result<(), PoolError> {
    ///     procession::init();
    ///     let pool = Pool::new(2)?;
    ///     let mut squares = pool.imap(|x: u64| x * x, 1..)?;
    ///     assert_eq!(squares.next().transpose()?, Some(1));
    ///     assert_eq!(squares.next().transpose()?, Some(4));
    ///     Ok(())
    /// }
    /// ```
    pub fn imap<F, T, R, I>(
        &self,
        function: F,
        items: I,
    ) -> Result<Imap<'_, I::IntoIter, R>, PoolError>
    where
        F: Function<(T,), R>,
        T: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
        I: IntoIterator<Item = T>,
    {
        let proof = const { CapturesNothing::new() };
        self.submit()
            .imap_proven(work::of_item(proof, function), items, Order::AsSubmitted)
    }

    /// As [`imap`](Pool::imap), with the results in the order in which they come, which is best for their flow.
    ///
    /// # Errors
    ///
    /// As [`imap`](Pool::imap).
    pub fn imap_unordered<F, T, R, I>(
        &self,
        function: F,
        items: I,
    ) -> Result<Imap<'_, I::IntoIter, R>, PoolError>
    where
        F: Function<(T,), R>,
        T: Serialize + DeserializeOwned + 'static,
        R: Serialize + DeserializeOwned + 'static,
        I: IntoIterator<Item = T>,
    {
        let proof = const { CapturesNothing::new() };
        self.submit()
            .imap_proven(work::of_item(proof, function), items, Order::AsCompleted)
    }

    /// Takes no more tasks; the workers end when all that were submitted are done.
    pub fn close(&self) {
        self.core.close();
    }

    /// Ends the workers at once, whatever they do. Tasks without a result fail with [`PoolError::Terminated`].
    pub fn terminate(&self) {
        self.core.terminate();
    }

    /// Waits until everything is done, callbacks included, and the workers have ended.
    ///
    /// # Errors
    ///
    /// [`PoolError::StillOpen`] if the pool was neither closed nor terminated; [`PoolError::Arena`] if the session cannot be
    /// used.
    pub fn join(&self) -> Result<(), PoolError> {
        self.core.join(None)
    }

    /// As [`join`](Pool::join), at most for `timeout`.
    ///
    /// # Errors
    ///
    /// [`PoolError::NotReady`] if the time is over; otherwise as [`join`](Pool::join).
    pub fn join_timeout(&self, timeout: Duration) -> Result<(), PoolError> {
        self.core.join(Instant::now().checked_add(timeout))
    }

    /// From now on, writes what the workers do into a file that [Perfetto](https://ui.perfetto.dev) and `chrome://tracing` show as a
    /// timeline; it is complete when the pool has been joined or dropped.
    ///
    /// # Errors
    ///
    /// [`PoolError::Trace`] if the file cannot be created.
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::Pool;
    ///
    /// fn main() -> Result<(), Box<dyn std::error::Error>> {
    ///     procession::init();
    ///     let file = std::env::temp_dir().join(format!("trace-{}.json", std::process::id()));
    ///     let pool = Pool::new(2)?;
    ///     pool.trace(&file)?;
    ///     pool.map(|x: u32| x + 1, 0..10)?;
    ///     pool.close();
    ///     pool.join()?;
    ///     assert_eq!(std::fs::read_to_string(&file)?.matches(r#""cat":"task""#).count(), 10);
    ///     std::fs::remove_file(file)?;
    ///     Ok(())
    /// }
    /// ```
    pub fn trace(&self, path: impl AsRef<Path>) -> Result<(), PoolError> {
        self.core.trace(path.as_ref())
    }

    /// How many workers the pool has, those included that are just being replaced.
    pub fn workers(&self) -> usize {
        self.core.workers()
    }

    /// Tasks that were submitted and have not ended.
    pub fn outstanding(&self) -> usize {
        self.core.outstanding()
    }

    /// The numbers by which the system knows the living workers.
    pub fn pids(&self) -> Vec<u32> {
        self.core.pids()
    }

    /// What the workers have done so far, one entry for each place of a worker.
    pub fn statistics(&self) -> Vec<WorkerStatistics> {
        self.core.statistics()
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.core.fmt(f)
    }
}
