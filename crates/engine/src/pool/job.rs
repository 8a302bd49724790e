//! Tasks that belong together, and what comes of them.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use procession_arena::Handle;

use super::TaskOptions;
use super::error::PoolError;
use super::held::Held;
use super::output::TaskOutput;
use super::owner::ensure_caller;
use super::shared::Shared;
use super::task::Task;
use super::waiting::Interest;
use super::wire::Order as Addressed;
use super::work::WorkName;
use crate::with_participant;

/// What a task produced: the encoded result, and a hold on the shared objects in it.
#[derive(Debug, Default)]
pub struct Produced {
    bytes: Vec<u8>,
    held: Held,
}

impl Produced {
    pub(super) fn new(bytes: Vec<u8>, held: Held) -> Produced {
        Produced { bytes, held }
    }

    /// The encoded result.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The encoded result, to be taken along.
    pub fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// The shared objects in it, which live at least as long as this.
    pub fn handles(&self) -> &[Handle] {
        self.held.handles()
    }
}

/// The arguments of a task to be submitted: encoded, with a hold on the shared objects in them.
#[derive(Debug, Default)]
pub struct Item {
    bytes: Vec<u8>,
    held: Held,
}

impl Item {
    /// The shared objects whose handles are listed live at least until the task has an outcome.
    ///
    /// # Errors
    ///
    /// [`PoolError::Arena`] if a handle is stale.
    pub fn new(bytes: Vec<u8>, handles: &[Handle]) -> Result<Item, PoolError> {
        let held = match handles.is_empty() {
            true => Held::default(),
            false => with_participant(|me| Held::attach(me, handles))?,
        };
        Ok(Item { bytes, held })
    }

    /// Bytes of the encoded arguments.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there are no such bytes.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether shared objects are among the arguments.
    pub(super) fn has_handles(&self) -> bool {
        !self.held.handles().is_empty()
    }
}

/// How a task ended. Clones share what it produced.
pub type Outcome = Result<Arc<Produced>, PoolError>;

/// Called with all outcomes of a job, in the order of its tasks, once there are no more to come.
pub type Callback = Box<dyn FnOnce(&[Outcome]) + Send>;

/// In which order [`Job::next`] returns outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// That of the tasks.
    AsSubmitted,
    /// As they come.
    AsCompleted,
}

/// A job as the pool knows it.
pub(super) struct JobState {
    pub(super) work: WorkName,
    /// What its tasks are called in a trace.
    pub(super) label: Cow<'static, str>,
    pub(super) options: TaskOptions,
    order: Order,
    /// Nobody may be waiting for it while it goes on.
    pub(super) attended: bool,
    pub(super) has_callback: bool,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    submitted: usize,
    resolved: usize,
    /// No more tasks will be submitted.
    is_sealed: bool,
    /// Outcomes that nobody has taken, from that of task `first` on.
    outcomes: VecDeque<Option<Outcome>>,
    first: usize,
    /// Those that nobody has taken, as they came.
    completed: VecDeque<(usize, Outcome)>,
    callback: Option<Callback>,
    /// The callback is to be called, or under way.
    is_calling: bool,
    callback_failure: Option<PoolError>,
    wakers: Vec<Waker>,
    /// What tasks have written, if that is captured.
    outputs: BTreeMap<usize, TaskOutput>,
}

impl Progress {
    fn is_complete(&self) -> bool {
        self.is_sealed && self.resolved == self.submitted
    }

    fn is_done(&self) -> bool {
        self.is_complete() && !self.is_calling
    }
}

/// What has to be done when a task has ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// Somebody may wait for this one outcome.
    Tell,
    /// The job's callback is to be called.
    Call,
}

impl JobState {
    pub(super) fn new(
        work: WorkName,
        label: Cow<'static, str>,
        options: TaskOptions,
        order: Order,
        callback: Option<Callback>,
        attended: bool,
    ) -> JobState {
        JobState {
            work,
            label,
            options,
            order,
            attended,
            has_callback: callback.is_some(),
            progress: Mutex::new(Progress {
                is_calling: callback.is_some(),
                callback,
                ..Progress::default()
            }),
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes one outcome; `wakers` gets whom to wake once the pool is unlocked.
    pub(super) fn resolve(
        &self,
        index: usize,
        outcome: Outcome,
        output: Option<TaskOutput>,
        wakers: &mut Vec<Waker>,
    ) -> Then {
        let mut progress = self.progress();
        progress.resolved += 1;
        if let Some(output) = output {
            progress.outputs.insert(index, output);
        }
        match self.order {
            Order::AsCompleted => progress.completed.push_back((index, outcome)),
            Order::AsSubmitted => {
                let place = index.saturating_sub(progress.first);
                if place >= progress.outcomes.len() {
                    progress.outcomes.resize_with(place + 1, || None);
                }
                progress.outcomes[place] = Some(outcome);
            }
        }
        self.look_for_end(&mut progress, wakers)
    }

    fn look_for_end(&self, progress: &mut Progress, wakers: &mut Vec<Waker>) -> Then {
        if progress.is_complete() && progress.callback.is_some() {
            return Then::Call;
        }
        if progress.is_done() || self.order == Order::AsCompleted {
            wakers.append(&mut progress.wakers);
        }
        Then::Tell
    }

    /// Says that no more tasks come.
    pub(super) fn seal(&self, wakers: &mut Vec<Waker>) -> Then {
        let mut progress = self.progress();
        if progress.is_sealed {
            return Then::Tell;
        }
        progress.is_sealed = true;
        self.look_for_end(&mut progress, wakers)
    }

    /// The callback and what it is to be called with.
    pub(super) fn take_callback(&self) -> Option<(Callback, Vec<Outcome>)> {
        let mut progress = self.progress();
        let callback = progress.callback.take()?;
        Some((
            callback,
            progress.outcomes.iter().flatten().cloned().collect(),
        ))
    }

    /// The callback has returned, or panicked.
    pub(super) fn called(&self, failure: Option<PoolError>, wakers: &mut Vec<Waker>) {
        let mut progress = self.progress();
        progress.callback_failure = failure;
        progress.is_calling = false;
        wakers.append(&mut progress.wakers);
    }

    fn is_done(&self) -> bool {
        self.progress().is_done()
    }

    fn has_resolved_all(&self) -> bool {
        let progress = self.progress();
        progress.resolved == progress.submitted
    }

    /// One more task of this job.
    pub(super) fn task(self: &Arc<Self>, Item { mut bytes, held }: Item) -> Task {
        bytes.reserve(Addressed::SIZE);
        Task {
            index: self.add(),
            job: Arc::clone(self),
            bytes,
            held,
            retries: self.options.retries,
        }
    }

    fn add(&self) -> usize {
        let mut progress = self.progress();
        progress.submitted += 1;
        progress.submitted - 1
    }

    /// Takes the next outcome, if it is there; `Some(None)` if there will be none.
    fn take_next(&self) -> Option<Option<(usize, Outcome)>> {
        let mut progress = self.progress();
        let next = match self.order {
            Order::AsCompleted => progress.completed.pop_front(),
            Order::AsSubmitted => match progress.outcomes.front_mut().map(Option::take) {
                Some(Some(outcome)) => {
                    progress.outcomes.pop_front();
                    progress.first += 1;
                    Some((progress.first - 1, outcome))
                }
                Some(None) | None => None,
            },
        };
        match next {
            Some(next) => Some(Some(next)),
            None => progress.is_complete().then_some(None),
        }
    }
}

impl fmt::Debug for JobState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let progress = self.progress();
        formatter
            .debug_struct("Job")
            .field("submitted", &progress.submitted)
            .field("resolved", &progress.resolved)
            .field("is_sealed", &progress.is_sealed)
            .finish_non_exhaustive()
    }
}

/// Tasks that belong together: one, or all those of a `map`.
///
/// Dropping it changes nothing: the tasks are carried out, and nobody will know.
///
/// # If a process dies
///
/// If it is a worker: its running task fails, or is run again if it is to be. If it is this one: the
/// workers end as well.
pub struct Job {
    state: Arc<JobState>,
    pool: Arc<Shared>,
}

impl Job {
    pub(super) fn new(pool: Arc<Shared>, state: Arc<JobState>) -> Job {
        Job { state, pool }
    }

    /// Submits one more task.
    ///
    /// If the number of queued tasks is limited, waits for room.
    ///
    /// # Errors
    ///
    /// [`PoolError::Closed`], [`PoolError::Terminated`] or [`PoolError::Broken`] if the pool takes no more tasks;
    /// [`PoolError::LocalObject`] if they are carried elsewhere, where a shared object among the arguments is not.
    pub fn push(&self, item: Item) -> Result<(), PoolError> {
        self.push_many([item])
    }

    /// Submits several tasks at once, which costs less than one after the other.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push); some may have been submitted, though none if it is [`PoolError::LocalObject`].
    pub fn push_many(&self, items: impl IntoIterator<Item = Item>) -> Result<(), PoolError> {
        self.pool.submit(&self.state, items)
    }

    /// Adds a task that has failed before it could be submitted.
    pub fn push_failed(&self, error: PoolError) {
        let index = self.state.add();
        self.pool.change(|state, wakers| {
            let then = self.state.resolve(index, Err(error), None, wakers);
            state.told(&self.state, then);
        });
    }

    /// Says that no more tasks come, so that the job can be done.
    pub fn seal(&self) {
        let is_to_be_called = self.pool.change(|state, wakers| {
            let then = self.state.seal(wakers);
            state.told(&self.state, then);
            !state.to_call.is_empty()
        });
        // The pool may have ended meanwhile, and the thread of callbacks with it.
        if is_to_be_called && let Err(error) = ensure_caller(&self.pool) {
            tracing::error!(%error, "a callback cannot be called");
        }
    }

    /// Whether all tasks have ended and the callback, if there is one, has returned.
    ///
    /// # Errors
    ///
    /// [`PoolError::Arena`] if the session is damaged.
    pub fn is_ready(&self) -> Result<bool, PoolError> {
        Ok(self.wait_until(Some(Instant::now()))?.is_some())
    }

    /// Waits until the job is done, at most until `deadline`; false if it is not.
    ///
    /// # Errors
    ///
    /// [`PoolError::ForkedCopy`]; [`PoolError::Arena`] if the session is damaged.
    pub fn wait(&self, deadline: Option<Instant>) -> Result<bool, PoolError> {
        Ok(self.wait_until(deadline)?.is_some())
    }

    fn wait_until(&self, deadline: Option<Instant>) -> Result<Option<()>, PoolError> {
        if self.state.is_done() {
            return Ok(Some(()));
        }
        let interest = Interest::Job(Arc::clone(&self.state));
        self.pool
            .wait_until(interest, deadline, |_| self.state.is_done().then_some(()))
    }

    /// Waits for the next outcome and takes it, with the number of its task in the order of submission; `None`
    /// if all have been taken.
    ///
    /// # Errors
    ///
    /// [`PoolError::NotReady`] if there is none before `deadline`; [`PoolError::ForkedCopy`];
    /// [`PoolError::Arena`] if the session is damaged.
    pub fn next(&self, deadline: Option<Instant>) -> Result<Option<(usize, Outcome)>, PoolError> {
        if let Some(next) = self.state.take_next() {
            return Ok(next);
        }
        let interest = Interest::Job(Arc::clone(&self.state));
        self.pool
            .wait_until(interest, deadline, |_| self.state.take_next())?
            .ok_or(PoolError::NotReady)
    }

    /// Takes the next outcome if it is there, without looking whether one has just come; `Some(None)` if all have been taken.
    pub fn take_next(&self) -> Option<Option<(usize, Outcome)>> {
        self.state.take_next()
    }

    /// The outcome of task `index`, once the job is done.
    ///
    /// # Errors
    ///
    /// [`PoolError::NotReady`] before; [`PoolError::CallbackPanicked`] instead of the outcome if a callback did.
    pub fn outcome(&self, index: usize) -> Result<Outcome, PoolError> {
        let progress = self.state.progress();
        if !progress.is_done() {
            return Err(PoolError::NotReady);
        }
        if let Some(failure) = &progress.callback_failure {
            return Err(failure.clone());
        }
        let place = index.checked_sub(progress.first);
        let outcome = place.and_then(|place| progress.outcomes.get(place)?.clone());
        outcome.ok_or(PoolError::NotReady)
    }

    /// Takes what task `index` has written, if that was captured and anything was.
    pub fn take_output(&self, index: usize) -> Option<TaskOutput> {
        self.state.progress().outputs.remove(&index)
    }

    /// Tasks that were submitted.
    pub fn submitted(&self) -> usize {
        self.state.progress().submitted
    }

    /// Tasks that have ended.
    pub fn resolved(&self) -> usize {
        self.state.progress().resolved
    }

    /// Ends all tasks of the job that have not ended yet: those that wait are not begun, those that run are killed with
    /// their workers. Says how many there were.
    ///
    /// # Errors
    ///
    /// [`PoolError::ForkedCopy`]; [`PoolError::Arena`] if the session is damaged.
    pub fn cancel(&self) -> Result<usize, PoolError> {
        if self.state.has_resolved_all() {
            return Ok(0);
        }
        self.pool.cancel(&self.state, true)
    }

    /// Ends the tasks of the job that have not begun. Says how many there were.
    ///
    /// # Errors
    ///
    /// As [`cancel`](Self::cancel).
    pub fn cancel_waiting(&self) -> Result<usize, PoolError> {
        if self.state.has_resolved_all() {
            return Ok(0);
        }
        self.pool.cancel(&self.state, false)
    }

    /// Registers a waker to be woken when the job is done (or, as completed, when an outcome is there).
    ///
    /// # Errors
    ///
    /// [`PoolError::Arena`] if the session is damaged.
    pub fn poll_ready(&self, context: &Context<'_>) -> Poll<Result<(), PoolError>> {
        if self.state.is_done() {
            return Poll::Ready(Ok(()));
        }
        match self.is_ready() {
            Ok(true) => return Poll::Ready(Ok(())),
            Ok(false) => {}
            Err(error) => return Poll::Ready(Err(error)),
        }
        // What comes after this look is led by the attendant, who is told that somebody waits to be woken.
        let is_done = self.pool.change(|state, _| {
            let mut progress = self.state.progress();
            if !progress.is_done() {
                progress
                    .wakers
                    .retain(|waker| !waker.will_wake(context.waker()));
                progress.wakers.push(context.waker().clone());
                state.be_prompt();
            }
            progress.is_done()
        });
        match is_done {
            true => Poll::Ready(Ok(())),
            false => Poll::Pending,
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if self.pool.check_owner().is_err() {
            // What the threads of the original were just changing is in no state to be dropped.
            mem::forget(Arc::clone(&self.pool));
            mem::forget(Arc::clone(&self.state));
        }
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.state.fmt(formatter)
    }
}
