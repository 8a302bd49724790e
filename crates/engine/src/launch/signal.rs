//! Names of signals, for messages.

/// The name of a signal that ends processes; the numbers are the same on x86-64 and aarch64.
///
/// # References
///
/// [`signal(7)`](https://man7.org/linux/man-pages/man7/signal.7.html)
pub(super) fn signal_name(signal: i32) -> &'static str {
    match signal {
        1 => "SIGHUP",
        2 => "SIGINT",
        3 => "SIGQUIT",
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT: it aborted, for example because an allocation failed",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL: somebody killed it, perhaps the system for want of memory",
        10 => "SIGUSR1",
        11 => "SIGSEGV: it accessed memory that is not its own",
        12 => "SIGUSR2",
        13 => "SIGPIPE",
        14 => "SIGALRM",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        25 => "SIGXFSZ",
        31 => "SIGSYS",
        _ => "a less common one",
    }
}
