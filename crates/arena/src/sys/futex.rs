//! Waiting on a word of shared memory.

use std::sync::atomic::AtomicU32;
use std::time::Duration;

use rustix::io::Errno;
use rustix::thread::futex::{self, Flags, Timespec};

/// Why a [`wait`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Somebody woke this thread, or the word had changed already, or a signal came.
    Perhaps,
    /// The time was over.
    TimedOut,
}

/// Sleeps while `word` holds `expected`, at most for `timeout`.
///
/// The word is shared between processes, so the private form of the futex is never used.
///
/// # References
///
/// [`futex(2)`](https://man7.org/linux/man-pages/man2/futex.2.html), `FUTEX_WAIT`
pub fn wait(word: &AtomicU32, expected: u32, timeout: Duration) -> Woken {
    let timeout = Timespec {
        tv_sec: i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: timeout.subsec_nanos().into(),
    };
    match futex::wait(word, Flags::empty(), expected, Some(&timeout)) {
        Err(Errno::TIMEDOUT) => Woken::TimedOut,
        // EAGAIN: the word had changed. EINTR: a signal. Callers re-check their condition.
        Ok(()) | Err(_) => Woken::Perhaps,
    }
}

/// Wakes at most `count` threads that sleep on `word` and returns how many it woke.
///
/// # References
///
/// [`futex(2)`](https://man7.org/linux/man-pages/man2/futex.2.html), `FUTEX_WAKE`
pub fn wake(word: &AtomicU32, count: u32) -> u32 {
    // The only errors are EFAULT and EINVAL; neither can happen for an aligned, mapped word.
    let woken = futex::wake(word, Flags::empty(), count).unwrap_or(0);
    u32::try_from(woken).unwrap_or(u32::MAX)
}
