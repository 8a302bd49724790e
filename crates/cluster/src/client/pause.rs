//! Pauses between attempts.

use std::thread;
use std::time::Duration;

use crate::{ClusterError, interrupt};

/// How long a pause lasts before it is asked whether the caller was interrupted.
const UNINTERRUPTED: Duration = Duration::from_millis(250);
/// Pauses, unless the caller is interrupted.
pub(super) fn sleep(pause: Duration) -> Result<(), ClusterError> {
    let mut left = pause;
    while !left.is_zero() {
        interrupt::check()?;
        let slice = left.min(UNINTERRUPTED);
        thread::sleep(slice);
        left -= slice;
    }
    interrupt::check()
}

/// A time between half of that and all of it, so that many clients of a server that comes back do not come together.
pub(super) fn jittered(pause: Duration) -> Duration {
    let share =
        procession_arena::sys::random::random().unwrap_or(u64::MAX / 2) as f64 / u64::MAX as f64;
    pause.mul_f64(0.5 + share / 2.0)
}
