//! What can go wrong with locks and their kin.

use crate::{ClusterError, Holder};

/// Why a lock, or one of its kin, did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// The time was over before.
    #[error("the time was over")]
    TimedOut,
    /// Nobody holds it, or whoever held it is gone; of a semaphore: this process has not acquired so many permits.
    #[error("it is not held")]
    NotHeld,
    /// Another thread holds it.
    #[error("the process {pid} on {host} holds it")]
    HeldByAnother {
        /// Of which process.
        pid: u32,
        /// On which machine.
        host: String,
    },
    /// A thread has acquired it as often as can be counted.
    #[error("it was acquired too often")]
    AcquiredTooOften,
    /// All permits were free already.
    #[error("it was released more often than acquired: it has {bound} permits")]
    ReleasedTooOften {
        /// So many permits there are.
        bound: u32,
    },
    /// There would be more permits than can be counted.
    #[error("there would be more than {} permits", u32::MAX)]
    TooManyPermits,
    /// The barrier is broken.
    #[error("the barrier is broken")]
    BrokenBarrier,
    /// The server could not do it.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
}

impl SyncError {
    /// Why somebody who does not hold a lock cannot release it.
    pub(crate) fn not_held(holder: Option<Holder>) -> SyncError {
        match holder {
            None => SyncError::NotHeld,
            Some(Holder { owner, .. }) => SyncError::HeldByAnother {
                pid: owner.pid,
                host: owner.host,
            },
        }
    }
}
