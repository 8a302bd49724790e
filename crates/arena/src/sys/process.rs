//! Processes as the kernel identifies them: by descriptor, never by a number that is used again.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{
    Pid, PidfdFlags, Resource, Rlimit, Signal, WaitId, WaitIdOptions, WaitIdStatus,
};
use rustix::thread::{CpuSet, sched_setaffinity};

use super::readiness::wait_readable;
use super::retry_on_interrupt;

/// A process, named by a descriptor that can never come to mean another one.
#[derive(Debug)]
pub struct Pidfd(OwnedFd);

impl Pidfd {
    /// Opens the process that has the number `pid` now.
    ///
    /// The number is only safe for a process that cannot be reaped meanwhile: oneself, or an own
    /// child that nobody has waited for.
    ///
    /// # References
    ///
    /// [`pidfd_open(2)`](https://man7.org/linux/man-pages/man2/pidfd_open.2.html)
    ///
    /// # Errors
    ///
    /// `ESRCH` if there is no such process, `EMFILE` if no descriptor is left.
    pub fn open(pid: u32) -> io::Result<Pidfd> {
        let descriptor = rustix::process::pidfd_open(to_pid(pid)?, PidfdFlags::empty())?;
        Ok(Pidfd(descriptor))
    }

    /// Opens the calling process.
    ///
    /// # Errors
    ///
    /// `EMFILE` if no descriptor is left.
    pub fn of_self() -> io::Result<Pidfd> {
        Pidfd::open(current_pid())
    }

    /// True once the process has ended, whether or not anybody has reaped it.
    ///
    /// # Errors
    ///
    /// The system's, if it is out of memory.
    pub fn is_dead(&self) -> io::Result<bool> {
        self.wait_exit(Some(Duration::ZERO))
    }

    /// Waits until the process has ended, or until `timeout` is over; says whether it has ended.
    ///
    /// # Errors
    ///
    /// The system's, if it is out of memory.
    pub fn wait_exit(&self, timeout: Option<Duration>) -> io::Result<bool> {
        Ok(wait_readable(&[self.as_fd()], timeout)?.contains(&true))
    }

    /// Asks the process to end (`SIGTERM`); a process that has ended already is no error.
    ///
    /// # References
    ///
    /// [`pidfd_send_signal(2)`](https://man7.org/linux/man-pages/man2/pidfd_send_signal.2.html)
    ///
    /// # Errors
    ///
    /// `EPERM` if the process has changed its user.
    pub fn terminate(&self) -> io::Result<()> {
        self.send(Signal::TERM)
    }

    /// Ends the process at once (`SIGKILL`); a process that has ended already is no error.
    ///
    /// # Errors
    ///
    /// `EPERM` if the process has changed its user.
    pub fn kill(&self) -> io::Result<()> {
        self.send(Signal::KILL)
    }

    /// Reaps the process, an own child, if it has ended; `None` while it runs.
    ///
    /// # References
    ///
    /// [`waitid(2)`, `P_PIDFD`](https://man7.org/linux/man-pages/man2/waitid.2.html)
    ///
    /// # Errors
    ///
    /// `ECHILD` if it is not an own child, or has been reaped already.
    pub fn reap(&self) -> io::Result<Option<ExitStatus>> {
        reap(
            WaitId::PidFd(self.as_fd()),
            WaitIdOptions::EXITED | WaitIdOptions::NOHANG,
        )
    }

    fn send(&self, signal: Signal) -> io::Result<()> {
        match rustix::process::pidfd_send_signal(&self.0, signal) {
            Err(Errno::SRCH) => Ok(()),
            outcome => Ok(outcome?),
        }
    }
}

impl From<OwnedFd> for Pidfd {
    /// Takes a descriptor that another process opened and sent.
    fn from(descriptor: OwnedFd) -> Pidfd {
        Pidfd(descriptor)
    }
}

impl AsFd for Pidfd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Waits for the end of an own child that nobody else waits for, and reaps it.
///
/// # References
///
/// [`waitid(2)`, `P_PID`](https://man7.org/linux/man-pages/man2/waitid.2.html)
///
/// # Errors
///
/// `ECHILD` if it is not an own child, or has been reaped already.
pub fn wait_for_child(pid: u32) -> io::Result<Option<ExitStatus>> {
    reap(WaitId::Pid(to_pid(pid)?), WaitIdOptions::EXITED)
}

fn reap(which: WaitId<'_>, options: WaitIdOptions) -> io::Result<Option<ExitStatus>> {
    let status = retry_on_interrupt(|| rustix::process::waitid(which.clone(), options))?;
    Ok(status.map(|status| to_exit_status(&status)))
}

/// The status as `wait(2)` encodes it, which is what the standard library takes.
fn to_exit_status(status: &WaitIdStatus) -> ExitStatus {
    const CORE_DUMPED: i32 = 0x80;
    let signal = status.terminating_signal().unwrap_or(0);
    let core = if status.dumped() { CORE_DUMPED } else { 0 };
    let code = status.exit_status().unwrap_or(0);
    ExitStatus::from_raw((code & 0xff) << 8 | signal | core)
}

fn to_pid(pid: u32) -> io::Result<Pid> {
    let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
    number.ok_or_else(|| Errno::SRCH.into())
}

/// The number of the calling process.
pub fn current_pid() -> u32 {
    std::process::id()
}

/// Whether the calling thread is the one that its process began with, or that a `fork` has copied.
///
/// # References
///
/// [`gettid(2)`](https://man7.org/linux/man-pages/man2/gettid.2.html): in the main thread it is the number of the process.
pub fn is_main_thread() -> bool {
    rustix::thread::gettid() == rustix::process::getpid()
}

/// When the process with this number started, in clock ticks after boot; `None` if there is none.
///
/// Number and start time together identify a process, for whom a descriptor cannot be sent to.
///
/// # References
///
/// [`proc_pid_stat(5)`, field 22](https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html)
///
/// # Errors
///
/// The system's, if `/proc` is not mounted or cannot be read.
pub fn start_time(pid: u32) -> io::Result<Option<u64>> {
    Ok(read_stat(pid)?.map(|stat| stat.start_time))
}

/// True if the process with this number still runs and is the one that started at `start_time`.
///
/// Zero is "not known": then the number alone decides. A process that has ended but that its
/// parent has not waited for is not running. What cannot be read is taken for running, because
/// only a certain death may have consequences.
///
/// # References
///
/// [`proc_pid_stat(5)`, fields 3, 20 and 22](https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html)
pub fn is_running(pid: u32, start_time: u64) -> bool {
    match read_stat(pid) {
        Ok(Some(stat)) => {
            let same = start_time == 0 || stat.start_time == start_time;
            // A main thread that has ended is a zombie too, while other threads run on.
            let ended = matches!(stat.state, b'Z' | b'X') && stat.threads <= 1;
            same && !ended
        }
        Ok(None) => false,
        Err(_) => true,
    }
}

/// What procession reads of `/proc/<pid>/stat`.
struct Stat {
    state: u8,
    threads: u64,
    start_time: u64,
}

fn read_stat(pid: u32) -> io::Result<Option<Stat>> {
    let text = match std::fs::read(format!("/proc/{pid}/stat")) {
        Ok(text) => text,
        Err(error) if is_no_such_process(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    parse_stat(&text).map(Some).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "/proc/<pid>/stat has an unknown format",
        )
    })
}

fn is_no_such_process(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
        || error.raw_os_error() == Some(Errno::SRCH.raw_os_error())
}

/// The second field is the program's name in parentheses and may hold spaces and parentheses.
fn parse_stat(stat: &[u8]) -> Option<Stat> {
    const FIELDS_FROM_STATE_TO_THREADS: usize = 17;
    const FIELDS_FROM_THREADS_TO_START: usize = 1;
    let name_end = stat.iter().rposition(|&byte| byte == b')')?;
    let fields = std::str::from_utf8(stat.get(name_end + 1..)?).ok()?;
    let mut fields = fields.split_ascii_whitespace();
    let state = *fields.clone().next()?.as_bytes().first()?;
    let threads = fields.nth(FIELDS_FROM_STATE_TO_THREADS)?.parse().ok()?;
    let start_time = fields.nth(FIELDS_FROM_THREADS_TO_START)?.parse().ok()?;
    Some(Stat {
        state,
        threads,
        start_time,
    })
}

/// Limits the memory of its own that the calling process may have, in bytes.
///
/// Counts private writable memory; the arena, which is shared, does not count. An allocation
/// beyond the limit fails.
///
/// # References
///
/// [`setrlimit(2)`, `RLIMIT_DATA`](https://man7.org/linux/man-pages/man2/setrlimit.2.html)
///
/// # Errors
///
/// The system's; a limit above the present one is lowered to it rather than refused.
pub fn limit_data(bytes: u64) -> io::Result<()> {
    let allowed = rustix::process::getrlimit(Resource::Data).maximum;
    let limit = allowed.map_or(bytes, |allowed| allowed.min(bytes));
    let both = Rlimit {
        current: Some(limit),
        maximum: Some(limit),
    };
    Ok(rustix::process::setrlimit(Resource::Data, both)?)
}

/// The signal by which a process ends whose allocation failed, after [`tell_failed_allocations`].
///
/// `SIGSTKFLT`: nothing on Linux has ever sent it.
pub const OUT_OF_MEMORY: i32 = libc::SIGSTKFLT;

/// From now on, an abort of the calling process because an allocation failed ends it with [`OUT_OF_MEMORY`], and any
/// other abort as always: with `SIGABRT`.
///
/// What tells them apart is the thread's error number, which the failed allocation has set last.
///
/// # References
///
/// [`abort(3)`](https://man7.org/linux/man-pages/man3/abort.3.html): a handler that returns does not prevent the end.
///
/// # Errors
///
/// The system's; none is known.
pub fn tell_failed_allocations() -> io::Result<()> {
    // SAFETY: all zeros is a valid `sigaction`: no flags, an empty mask, the default action.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = aborting as extern "C" fn(libc::c_int) as libc::sighandler_t;
    // SAFETY: `action` is initialised and outlives the call; the handler calls nothing that a handler must not.
    match unsafe { libc::sigaction(libc::SIGABRT, &action, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

extern "C" fn aborting(_signal: libc::c_int) {
    // What `io::Error::last_os_error` reads is the calling thread's number, without anything that a handler must not do.
    let number = io::Error::last_os_error().raw_os_error();
    if number == Some(libc::ENOMEM) {
        // SAFETY: raising a signal is allowed in a handler.
        unsafe { libc::raise(OUT_OF_MEMORY) };
    }
}

/// Adds to the nice value of the calling process; more is nicer.
///
/// # References
///
/// [`nice(2)`](https://man7.org/linux/man-pages/man2/nice.2.html)
///
/// # Errors
///
/// `EPERM` if less is asked for without the right to it.
pub fn change_niceness(by: i32) -> io::Result<()> {
    rustix::process::nice(by)?;
    Ok(())
}

/// Has the calling thread, and those that it starts from now on, run on these processors alone.
///
/// # References
///
/// [`sched_setaffinity(2)`](https://man7.org/linux/man-pages/man2/sched_setaffinity.2.html)
///
/// # Errors
///
/// `EINVAL` if this process may use none of them.
pub fn run_on(processors: &[usize]) -> io::Result<()> {
    let mut set = CpuSet::new();
    for &processor in processors {
        if processor >= CpuSet::MAX_CPU {
            return Err(Errno::INVAL.into());
        }
        set.set(processor);
    }
    Ok(sched_setaffinity(None, &set)?)
}

/// The most memory that the process with this number has had at a time, in bytes; `None` if it is gone.
///
/// # References
///
/// [`proc_pid_status(5)`, `VmHWM`](https://man7.org/linux/man-pages/man5/proc_pid_status.5.html)
pub fn peak_memory(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Ends the calling process at once: no exit hook runs, nothing is flushed.
///
/// # References
///
/// [`_exit(2)`](https://man7.org/linux/man-pages/man2/_exit.2.html)
pub fn exit_immediately(code: i32) -> ! {
    // SAFETY: the call takes a number and does not return; there is nothing to get wrong.
    unsafe { libc::_exit(code) }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_program_name_may_look_like_the_fields_after_it() {
        let stat = b"7 (a) R 1) S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0";
        assert_eq!(parse_stat(stat).map(|stat| stat.start_time), Some(4711));
        assert!(parse_stat(b"7 (short) S 1").is_none());
    }

    #[test]
    fn the_own_start_time_is_known_and_a_missing_process_has_none() {
        assert!(start_time(current_pid()).unwrap().is_some());
        assert_eq!(start_time(u32::MAX).unwrap(), None);
    }

    #[test]
    #[expect(
        clippy::zombie_processes,
        reason = "the child is reaped by its descriptor"
    )]
    fn a_child_is_reaped_once_with_its_exit_code() {
        let child = Command::new("/bin/sh")
            .args(["-c", "exit 7"])
            .spawn()
            .unwrap();
        let pidfd = Pidfd::open(child.id()).unwrap();
        assert!(pidfd.wait_exit(None).unwrap());
        assert_eq!(
            pidfd.reap().unwrap().and_then(|status| status.code()),
            Some(7)
        );
        assert_eq!(pidfd.reap().unwrap_err().raw_os_error(), Some(libc::ECHILD));
        pidfd.kill().unwrap();
    }

    #[test]
    #[expect(clippy::zombie_processes, reason = "the child is reaped by its number")]
    fn a_killed_child_reports_its_signal() {
        let mut child = Command::new("/bin/cat");
        let child = child.stdin(std::process::Stdio::piped()).spawn().unwrap();
        let pidfd = Pidfd::open(child.id()).unwrap();
        assert!(!pidfd.is_dead().unwrap());
        assert_eq!(pidfd.reap().unwrap(), None);
        pidfd.kill().unwrap();
        let status = wait_for_child(child.id()).unwrap().unwrap();
        assert_eq!(status.signal(), Some(libc::SIGKILL));
        assert!(pidfd.is_dead().unwrap());
    }

    #[test]
    fn oneself_is_alive() {
        assert!(!Pidfd::of_self().unwrap().is_dead().unwrap());
    }
}
