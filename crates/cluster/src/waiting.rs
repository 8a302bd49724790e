//! Waiting for what a server has, in slices.
//!
//! Whatever wakes a waiter on the server is a hint: it may be lost with a connection, or taken by somebody who dies. So nobody relies on
//! one for longer than a slice; then the state itself is looked at again.

use std::time::{Duration, Instant};

use procession_arena::Wait;

use crate::{ClusterError, interrupt};

/// The longest time for which a waiter relies on being woken.
pub(crate) const SLICE: Duration = Duration::from_secs(1);

/// Tries until there is something or the time is over; between two attempts, `pause` waits for a hint, at most as long as it is told.
///
/// `None` if the time is over.
pub(crate) fn wait_for<T, E: From<ClusterError>>(
    wait: Wait,
    mut attempt: impl FnMut() -> Result<Option<T>, E>,
    mut pause: impl FnMut(Duration) -> Result<(), E>,
) -> Result<Option<T>, E> {
    loop {
        if let Some(found) = attempt()? {
            return Ok(Some(found));
        }
        let Some(slice) = next_slice(wait) else {
            return Ok(None);
        };
        interrupt::check()?;
        pause(slice)?;
        interrupt::check()?;
    }
}

/// How long to wait before looking again; `None` if the time is over.
pub(crate) fn next_slice(wait: Wait) -> Option<Duration> {
    match wait {
        Wait::Never => None,
        Wait::Forever => Some(SLICE),
        Wait::Until(deadline) => {
            let left = deadline.checked_duration_since(Instant::now())?;
            (!left.is_zero()).then(|| left.min(SLICE))
        }
    }
}
