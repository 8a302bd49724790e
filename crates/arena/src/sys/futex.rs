//! Waiting on a word of shared memory.

use std::sync::atomic::AtomicU32;
use std::time::Duration;

use rustix::io::Errno;
use rustix::thread::futex::{self, Flags, Timespec, Wait, WaitFlags, WaitPtr, WaitvFlags};
use rustix::time::{ClockId, clock_gettime};

/// Why a [`wait`] ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Somebody woke this thread, or the word had changed already.
    Perhaps,
    /// A signal was handled in this thread.
    Interrupted,
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
        Err(Errno::INTR) => Woken::Interrupted,
        // EAGAIN: the word had changed. Callers re-check their condition.
        Ok(()) | Err(_) => Woken::Perhaps,
    }
}

/// How long to sleep on one word of two at most, where the kernel cannot wait for both.
const GLANCE: Duration = Duration::from_millis(5);

/// As [`wait`], but sleeps only while `other` holds `other_expected` as well, and a wake of either
/// word ends it.
///
/// Where the kernel cannot wait for two words (before Linux 5.16, or forbidden by a container), the
/// time is over after a few milliseconds, so that the caller looks at the second word so often.
///
/// # References
///
/// [`futex_waitv(2)`](https://docs.kernel.org/userspace-api/futex2.html)
pub fn wait_either(
    word: &AtomicU32,
    expected: u32,
    other: &AtomicU32,
    other_expected: u32,
    timeout: Duration,
) -> Woken {
    let end = after(timeout);
    let both = [on(word, expected), on(other, other_expected)];
    match futex::waitv(&both, WaitvFlags::empty(), Some(&end), ClockId::Monotonic) {
        Err(Errno::TIMEDOUT) => Woken::TimedOut,
        Err(Errno::INTR) => Woken::Interrupted,
        Err(Errno::NOSYS | Errno::PERM) => wait(word, expected, timeout.min(GLANCE)),
        Ok(_) | Err(_) => Woken::Perhaps,
    }
}

/// Tries whether the kernel can wait for two words.
///
/// # Errors
///
/// `ENOSYS` before Linux 5.16, `EPERM` or whatever else a sandbox answers.
pub fn probe_two_words() -> std::io::Result<()> {
    let word = AtomicU32::new(0);
    // They do not hold what is expected, so that nobody sleeps.
    let both = [on(&word, 1), on(&word, 1)];
    let end = after(Duration::ZERO);
    match futex::waitv(&both, WaitvFlags::empty(), Some(&end), ClockId::Monotonic) {
        Ok(_) | Err(Errno::AGAIN | Errno::TIMEDOUT) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn on(word: &AtomicU32, expected: u32) -> Wait {
    let mut wait = Wait::new();
    wait.val = expected.into();
    wait.uaddr = WaitPtr::new(word.as_ptr().cast());
    wait.flags = WaitFlags::SIZE_U32;
    wait
}

/// The moment `timeout` from now, as this call wants it told.
fn after(timeout: Duration) -> Timespec {
    let now = clock_gettime(ClockId::Monotonic);
    let nanoseconds = now.tv_nsec + i64::from(timeout.subsec_nanos());
    let seconds = i64::try_from(timeout.as_secs()).unwrap_or(i64::MAX);
    Timespec {
        tv_sec: now
            .tv_sec
            .saturating_add(seconds)
            .saturating_add(nanoseconds / NANOSECONDS),
        tv_nsec: nanoseconds % NANOSECONDS,
    }
}

const NANOSECONDS: i64 = 1_000_000_000;

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
