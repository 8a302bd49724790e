//! Processes as the system knows them.

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

/// Kills a process.
pub(crate) fn kill(pid: u32) {
    assert!(kill_if_running(pid), "{pid} has ended");
}

/// Kills a process, unless it has ended and was waited for; says whether it was there.
pub(crate) fn kill_if_running(pid: u32) -> bool {
    let pid = Pid::from_raw(pid.try_into().unwrap()).unwrap();
    match kill_process(pid, Signal::KILL) {
        Err(Errno::SRCH) => false,
        killed => killed.map(|()| true).unwrap(),
    }
}

/// Whether the system knows the process, and it has not ended.
pub(crate) fn is_running(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    status
        .rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}
