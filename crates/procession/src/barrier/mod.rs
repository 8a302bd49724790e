//! A barrier that processes share.

mod act;
mod travel;
mod turn;

use std::fmt;
use std::time::Duration;

use procession_arena::Wait;
use procession_cluster::barrier::Barrier as OnServer;
use procession_cluster::{Cluster, ClusterError};
use procession_objects::Barrier as Core;

pub use turn::BarrierTurn;

use crate::SharedError;
use crate::attachment::Attachment;
use crate::deadline::until;
use crate::place::Place;

/// A place at which so many threads, of any processes, wait for each other.
///
/// When all of them have come, all go on, and the barrier is ready for the next time.
///
/// If one of those who wait gives up or is killed, the others would wait in vain. So the barrier *breaks*:
/// all who wait get [`SharedError::BrokenBarrier`], and so does whoever comes, until it is
/// [reset](Self::reset).
///
/// The value itself is a *handle*: cloning it is cheap, and it is a serde value that can be passed
/// to other processes. The barrier ends with its last handle.
///
/// # If a process dies
///
/// While it waits, or while it acts as the last one in [`wait_with`](Self::wait_with): the barrier breaks for
/// all the others, as soon as the kernel says so; a tenth of a second later at the latest. On a server that takes until its lease ends, 15
/// seconds after it was last heard from.
///
/// # Examples
///
/// ```
/// use procession::{Barrier, Process, Queue};
///
/// fn compute(part: u32, parts: Queue<u32>, all_are_there: Barrier) -> Option<u32> {
///     parts.put(&(part * part)).ok()?;
///     let turn = all_are_there.wait().ok()?;
///     // Only one of them adds up.
///     turn.is_last().then(|| parts.get_many(usize::MAX).into_iter().flatten().sum())
/// }
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     procession::init();
///     let (parts, all_are_there) = (Queue::new()?, Barrier::new(3)?);
///     let mut processes = Vec::new();
///     for part in 1..=3 {
///         let arguments = (part, parts.clone(), all_are_there.clone());
///         processes.push(Process::spawn(compute, arguments)?);
///     }
///     let mut sums = Vec::new();
///     for process in processes {
///         sums.extend(process.join()?);
///     }
///     assert_eq!(sums, [1 + 4 + 9]);
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Barrier {
    place: Place<Core, OnServer>,
}

impl Barrier {
    /// Creates a barrier for so many threads. None counts as one.
    ///
    /// # Errors
    ///
    /// [`SharedError::OutOfMemory`]; [`SharedError::Session`] if there are to be more parties (65,535) than a
    /// session can ever have threads, if it has no room for one more object, or could not be set up.
    ///
    /// # Examples
    ///
    /// ```
    /// let barrier = procession::Barrier::new(1)?;
    /// assert!(barrier.wait()?.is_last());
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn new(parties: usize) -> Result<Barrier, SharedError> {
        let parties = checked(parties)?;
        let attachment = Attachment::new(|me| Core::create(me, parties))?;
        Ok(Barrier {
            place: Place::memory(attachment),
        })
    }

    pub(crate) fn on_server(
        cluster: &Cluster,
        name: Option<&str>,
        parties: usize,
    ) -> Result<Barrier, SharedError> {
        let on_server = OnServer::create(cluster, name, checked(parties)?)?;
        Ok(Barrier {
            place: Place::Server(on_server),
        })
    }

    /// Removes a barrier that a [`Cluster`](crate::Cluster) has made from its server, for everybody: who uses it afterwards is told that it is
    /// gone. One in memory ends with its last handle by itself, and this does nothing.
    ///
    /// # Errors
    ///
    /// [`ClusterError`] if the server cannot be used.
    pub fn unlink(&self) -> Result<(), ClusterError> {
        self.place.unlink()
    }

    /// Waits until all have come.
    ///
    /// # Errors
    ///
    /// [`SharedError::BrokenBarrier`] if the barrier is broken, or breaks meanwhile;
    /// [`SharedError::Session`] if the session's memory is damaged; [`SharedError::Cluster`] if the server cannot be used.
    ///
    /// # If a process dies
    ///
    /// One of those who wait: the barrier breaks.
    pub fn wait(&self) -> Result<BarrierTurn, SharedError> {
        self.come(Wait::Forever)
    }

    /// Waits until all have come, at most for `timeout`; then the barrier breaks for all the others.
    ///
    /// # Errors
    ///
    /// [`SharedError::TimedOut`], and those of [`wait`](Self::wait).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use procession::{Barrier, SharedError};
    ///
    /// let barrier = Barrier::new(2)?;
    /// let outcome = barrier.wait_timeout(Duration::from_millis(1));
    /// assert_eq!(outcome, Err(SharedError::TimedOut));
    /// assert_eq!(barrier.wait(), Err(SharedError::BrokenBarrier));
    /// # Ok::<_, SharedError>(())
    /// ```
    pub fn wait_timeout(&self, timeout: Duration) -> Result<BarrierTurn, SharedError> {
        self.come(until(timeout))
    }

    fn come(&self, wait: Wait) -> Result<BarrierTurn, SharedError> {
        let index = match &self.place {
            Place::Memory(barrier) => barrier.with(|barrier, me| barrier.wait(me, wait))?,
            Place::Server(barrier) => barrier.wait(wait)?,
        };
        Ok(self.turn(index))
    }

    fn turn(&self, index: u16) -> BarrierTurn {
        BarrierTurn::new(index, self.parties_in_16_bits())
    }

    /// Breaks the barrier: whoever waits is sent away with [`SharedError::BrokenBarrier`], and whoever comes,
    /// until it is [reset](Self::reset).
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged; [`SharedError::Cluster`] if the server cannot be used.
    pub fn abort(&self) -> Result<(), SharedError> {
        match &self.place {
            Place::Memory(barrier) => Ok(barrier.with(|barrier, me| barrier.abort(me))?),
            Place::Server(barrier) => Ok(barrier.abort()?),
        }
    }

    /// Makes the barrier as good as new; whoever waits is sent away with [`SharedError::BrokenBarrier`].
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged; [`SharedError::Cluster`] if the server cannot be used.
    ///
    /// # Examples
    ///
    /// ```
    /// let barrier = procession::Barrier::new(1)?;
    /// barrier.abort()?;
    /// assert!(barrier.is_broken()?);
    /// barrier.reset()?;
    /// barrier.wait()?;
    /// # Ok::<_, procession::SharedError>(())
    /// ```
    pub fn reset(&self) -> Result<(), SharedError> {
        match &self.place {
            Place::Memory(barrier) => Ok(barrier.with(|barrier, me| barrier.reset(me))?),
            Place::Server(barrier) => Ok(barrier.reset()?),
        }
    }

    /// The number of threads that must come.
    pub fn parties(&self) -> usize {
        self.parties_in_16_bits().into()
    }

    fn parties_in_16_bits(&self) -> u16 {
        match &self.place {
            Place::Memory(barrier) => barrier.object().parties(),
            Place::Server(barrier) => barrier.parties(),
        }
    }

    /// The number of threads that wait; it may be out of date when it is read.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged; [`SharedError::Cluster`] if the server cannot be used.
    pub fn n_waiting(&self) -> Result<usize, SharedError> {
        Ok(match &self.place {
            Place::Memory(barrier) => barrier.with(|barrier, me| barrier.n_waiting(me))?.into(),
            Place::Server(barrier) => barrier.n_waiting()?.into(),
        })
    }

    /// Whether the barrier is broken; that may be out of date when it is read.
    ///
    /// # Errors
    ///
    /// [`SharedError::Session`] if the session's memory is damaged; [`SharedError::Cluster`] if the server cannot be used.
    pub fn is_broken(&self) -> Result<bool, SharedError> {
        match &self.place {
            Place::Memory(barrier) => Ok(barrier.with(|barrier, me| barrier.is_broken(me))?),
            Place::Server(barrier) => Ok(barrier.is_broken()?),
        }
    }
}

fn checked(parties: usize) -> Result<u16, SharedError> {
    u16::try_from(parties).map_err(|_| SharedError::Session {
        reason: format!(
            "a barrier can have {} parties at most, not {parties}",
            u16::MAX
        ),
    })
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier")
            .field("handle", &format_args!("{}", self.place.name()))
            .field("parties", &self.parties())
            .field("n_waiting", &self.n_waiting().ok())
            .field("broken", &self.is_broken().ok())
            .finish()
    }
}
