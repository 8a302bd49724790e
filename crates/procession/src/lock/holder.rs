//! Who holds a lock.

use std::time::{Duration, Instant};

use procession_arena::sys::clock::coarse_now;

/// Who holds a lock, and since when; see [`Lock::holder`](crate::Lock::holder).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// The process that holds it, or whose thread does.
    pub pid: u32,
    /// When it acquired the lock, exact to a few milliseconds.
    pub since: Instant,
}

impl Holder {
    pub(crate) fn new(holder: procession_objects::Holder) -> Holder {
        let held = Duration::from_nanos(coarse_now().saturating_sub(holder.since));
        let now = Instant::now();
        Holder {
            pid: holder.pid,
            since: now.checked_sub(held).unwrap_or(now),
        }
    }
}
