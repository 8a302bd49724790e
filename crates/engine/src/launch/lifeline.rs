//! A daemonic child ends with its parent, however the parent ends.

use std::io;
use std::thread;

use procession_arena::sys::process::{Pidfd, exit_immediately};

/// The exit code of a process whose parent is gone; nobody is left to see it but `init`.
pub(crate) const ORPHANED: i32 = 1;

/// The thread does nothing but wait in one system call.
const STACK: usize = 64 * 1024;

/// Ends this process as soon as `parent` has ended, even by `SIGKILL`.
///
/// `PR_SET_PDEATHSIG` would not do: it fires when the *thread* ends that started the child.
///
/// # If a process dies
///
/// The end of this process is as sudden as its parent's may have been: no exit hook runs, and
/// the others recover what it held.
pub(crate) fn hold(parent: Pidfd) -> io::Result<()> {
    let wait = move || {
        // The second exit of this wait is the end of this process.
        if let Ok(true) = parent.wait_exit(None) {
            exit_immediately(ORPHANED);
        }
        tracing::error!("cannot watch the parent process; a daemonic process may outlive it");
    };
    thread::Builder::new()
        .name("procession-lifeline".to_owned())
        .stack_size(STACK)
        .spawn(wait)?;
    Ok(())
}
