//! A condition that processes wait for.

mod guarded;
mod notify;
mod travel;
mod wait;

use std::fmt;

use procession_cluster::condition::Condition as OnServer;
use procession_cluster::{Cluster, ClusterError};
use procession_objects::Condition as Core;

pub use guarded::ConditionLock;
use guarded::LockPlace;

use crate::attachment::Attachment;
use crate::place::Place;
use crate::{Lock, LockError, LockGuard, RLock, RLockGuard, SharedError};

/// Waiting, with a lock given up meanwhile, until another process notifies.
///
/// It goes with a [`Lock`] or an [`RLock`], under which the processes change what they wait for; several
/// conditions may go with the same one. The lock travels along with the condition, and is acquired with
/// [`lock`](Condition::lock).
///
/// The value itself is a *handle*: cloning it is cheap, and it is a serde value that can be passed
/// to other processes. The condition ends with its last handle, and keeps its lock until then.
///
/// # If a process dies
///
/// - While it waits: nobody else is affected. If it was notified, and had not returned with the lock,
///   another one is notified in its place.
/// - While it notifies: those whom that call notifies all return, or none of them.
/// - With the lock: as with the lock; who returns from waiting is told as if it had acquired it.
///
/// On a server a death is noticed when the lease ends, 15 seconds after the process was last heard from. And there a waiter that was cut off from
/// the server for longer than that returns as if it was notified, since it may have been passed over.
///
/// # Examples
///
/// ```
/// use procession::{Condition, Lock, Process, SharedError, Value};
///
/// fn wait_for_start(started: Value<bool>, changed: Condition) -> Result<(), SharedError> {
///     let guard = changed.lock()?;
///     let _guard = changed.wait_while(guard, || started.get().is_ok_and(|started| !started))?;
///     Ok(())
/// }
///
/// fn start(started: &Value<bool>, changed: &Condition) -> Result<(), SharedError> {
///     let _guard = changed.lock()?;
///     started.set(true)?;
///     changed.notify_all()?;
///     Ok(())
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let changed = Condition::new(&Lock::new()?)?;
///     let started = Value::new(false)?;
///     let runner = Process::spawn(wait_for_start, (started.clone(), changed.clone()))?;
///     start(&started, &changed)?;
///     runner.join()??;
///     Ok(())
/// }
/// ```
pub struct Condition<L = Lock> {
    place: Place<Core, OnServer>,
    lock: L,
}

impl Condition<Lock> {
    /// Creates a condition that goes with `lock`, where that is.
    ///
    /// # Errors
    ///
    /// [`SharedError::OutOfMemory`], or [`SharedError::Session`] if the session has no room for one
    /// more object.
    pub fn new(lock: &Lock) -> Result<Condition, SharedError> {
        Condition::create(lock)
    }

    /// Acquires the lock that goes with the condition: [`Lock::lock`].
    ///
    /// # Errors
    ///
    /// Those of [`Lock::lock`].
    pub fn lock(&self) -> Result<LockGuard<'_>, LockError<LockGuard<'_>>> {
        self.lock.lock()
    }
}

impl Condition<RLock> {
    /// Creates a condition that goes with a reentrant lock.
    ///
    /// Who waits gives the lock up wholly, and afterwards holds it as often as before.
    ///
    /// # Errors
    ///
    /// As [`new`](Condition::new).
    ///
    /// # Examples
    ///
    /// ```
    /// use procession::{Condition, RLock};
    ///
    /// let condition = Condition::for_rlock(&RLock::new()?)?;
    /// let guard = condition.lock()?;
    /// assert_eq!(condition.notify_all()?, 0); // nobody waits
    /// # drop(guard);
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn for_rlock(lock: &RLock) -> Result<Condition<RLock>, SharedError> {
        Condition::create(lock)
    }

    /// Acquires the lock that goes with the condition: [`RLock::lock`].
    ///
    /// # Errors
    ///
    /// Those of [`RLock::lock`].
    pub fn lock(&self) -> Result<RLockGuard<'_>, LockError<RLockGuard<'_>>> {
        self.lock.lock()
    }
}

impl<L: ConditionLock> Condition<L> {
    fn create(lock: &L) -> Result<Condition<L>, SharedError> {
        let place = match lock.place() {
            LockPlace::Lock(core) => Place::memory(Attachment::new(|me| Core::create(me, core))?),
            LockPlace::Reentrant(core) => {
                Place::memory(Attachment::new(|me| Core::create_for_reentrant(me, core))?)
            }
            LockPlace::Server(guarded) => {
                let cluster = guarded.object().cluster();
                Place::Server(OnServer::create(cluster, None, &guarded)?)
            }
        };
        Ok(Condition {
            place,
            lock: lock.clone(),
        })
    }

    pub(crate) fn on_server(
        cluster: &Cluster,
        name: Option<&str>,
        lock: &L,
    ) -> Result<Condition<L>, SharedError> {
        match lock.place() {
            LockPlace::Server(guarded) if guarded.object().cluster() == cluster => Ok(Condition {
                place: Place::Server(OnServer::create(cluster, name, &guarded)?),
                lock: lock.clone(),
            }),
            _ => Err(SharedError::Session {
                reason:
                    "a condition must be where its lock is: make the lock with the same `Cluster`"
                        .to_owned(),
            }),
        }
    }

    /// Removes a condition, and not its lock, that a [`Cluster`](crate::Cluster) has made from its server, for everybody: who uses it afterwards is told that it is
    /// gone. One in memory ends with its last handle by itself, and this does nothing.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if the server cannot be used.
    pub fn unlink(&self) -> Result<(), ClusterError> {
        self.place.unlink()
    }

    /// The lock that goes with the condition.
    pub fn guarded_by(&self) -> &L {
        &self.lock
    }
}

impl<L: Clone> Clone for Condition<L> {
    fn clone(&self) -> Condition<L> {
        Condition {
            place: self.place.clone(),
            lock: self.lock.clone(),
        }
    }
}

impl<L: fmt::Debug> fmt::Debug for Condition<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition")
            .field("handle", &format_args!("{}", self.place.name()))
            .field("lock", &self.lock)
            .finish()
    }
}
