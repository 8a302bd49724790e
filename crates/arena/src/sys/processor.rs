//! The processor that this thread runs on.

/// The number of the processor on which the calling thread runs at this moment.
///
/// glibc reads it from the thread's restartable-sequences area, which costs about a nanosecond.
///
/// # References
///
/// [`sched_getcpu(3)`](https://man7.org/linux/man-pages/man3/sched_getcpu.3.html)
pub fn current_processor() -> u32 {
    // SAFETY: the call has no arguments and no preconditions.
    let number = unsafe { libc::sched_getcpu() };
    u32::try_from(number).unwrap_or(u32::MAX)
}
