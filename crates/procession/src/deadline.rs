//! When a wait ends.

use std::time::{Duration, Instant};

use procession_arena::Wait;

/// A wait of at most `timeout`; one that ends later than time can tell has no end.
pub(crate) fn until(timeout: Duration) -> Wait {
    Instant::now()
        .checked_add(timeout)
        .map_or(Wait::Forever, Wait::Until)
}
