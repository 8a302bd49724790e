//! Who holds a lock.

use std::time::{Duration, Instant};

use procession_arena::sys::clock::coarse_now;

/// Who holds a lock, and since when; see [`Lock::holder`](crate::Lock::holder).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// The process that holds it, or whose thread does.
    pub pid: u32,
    /// On which machine, if the lock is on a server; `None` is this one.
    pub host: Option<String>,
    /// When it acquired the lock, exact to a few milliseconds.
    pub since: Instant,
}

impl Holder {
    pub(crate) fn new(holder: procession_objects::Holder) -> Holder {
        let held = Duration::from_nanos(coarse_now().saturating_sub(holder.since));
        let now = Instant::now();
        Holder {
            pid: holder.pid,
            host: None,
            since: now.checked_sub(held).unwrap_or(now),
        }
    }

    pub(crate) fn on_server(holder: procession_cluster::Holder) -> Holder {
        let now = Instant::now();
        Holder {
            pid: holder.owner.pid,
            host: Some(holder.owner.host),
            since: now.checked_sub(holder.held_for).unwrap_or(now),
        }
    }
}
