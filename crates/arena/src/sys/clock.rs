//! What time it is, for all processes of the machine alike.

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds since the machine started, exact to a few milliseconds; costs no system call.
///
/// # References
///
/// [`clock_gettime(2)`](https://man7.org/linux/man-pages/man2/clock_gettime.2.html),
/// `CLOCK_MONOTONIC_COARSE`
pub fn coarse_now() -> u64 {
    nanoseconds(ClockId::MonotonicCoarse)
}

/// Nanoseconds since the machine started, as exact as the machine can tell; the same clock in all processes.
///
/// # References
///
/// [`clock_gettime(2)`](https://man7.org/linux/man-pages/man2/clock_gettime.2.html), `CLOCK_MONOTONIC`; by
/// way of the [`vdso(7)`](https://man7.org/linux/man-pages/man7/vdso.7.html) no system call.
#[inline]
pub fn now() -> u64 {
    nanoseconds(ClockId::Monotonic)
}

#[inline]
fn nanoseconds(clock: ClockId) -> u64 {
    let now = clock_gettime(clock);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    let rest = u64::try_from(now.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(rest)
}
