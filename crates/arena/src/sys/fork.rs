//! Copies of the calling process, and what only a process with one thread may do to itself.

use std::ffi::{OsStr, OsString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;

use super::retry_on_interrupt;

/// The lowest descriptor that is not one of standard input, output and error.
pub const FIRST_AFTER_STANDARD: i32 = 3;

/// In which of the two processes a [`fork`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forked {
    /// In the calling process; the copy has this number.
    Parent {
        /// The number of the copy.
        child: u32,
    },
    /// In the copy.
    Child,
}

/// Copies the calling process with the calling thread alone.
///
/// # Safety
///
/// No other thread of the process may hold a lock, or be inside anything else, that the copy goes
/// on to use: in the copy that thread does not exist and will never finish.
///
/// # References
///
/// [`fork(2)`](https://man7.org/linux/man-pages/man2/fork.2.html)
///
/// # Errors
///
/// `EAGAIN` at a limit of processes, `ENOMEM`.
pub unsafe fn fork() -> io::Result<Forked> {
    // SAFETY: the caller vouches for the state that the copy finds.
    match unsafe { libc::fork() } {
        0 => Ok(Forked::Child),
        child => match u32::try_from(child) {
            Ok(child) => Ok(Forked::Parent { child }),
            Err(_) => Err(io::Error::last_os_error()),
        },
    }
}

/// One of the three descriptors that every program expects to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standard {
    /// Descriptor 0.
    Input,
    /// Descriptor 1.
    Output,
    /// Descriptor 2.
    Error,
}

/// Makes one of the standard descriptors mean what `descriptor` means.
///
/// # References
///
/// [`dup2(2)`](https://man7.org/linux/man-pages/man2/dup.2.html)
///
/// # Errors
///
/// `EBUSY`, if another thread is just opening the slot.
pub fn replace_standard(which: Standard, descriptor: BorrowedFd<'_>) -> io::Result<()> {
    let slot = match which {
        Standard::Input => libc::STDIN_FILENO,
        Standard::Output => libc::STDOUT_FILENO,
        Standard::Error => libc::STDERR_FILENO,
    };
    retry_on_interrupt(|| {
        // SAFETY: nobody owns the three standard descriptors; that they may come to mean another
        // file is what everybody who uses them by number has to expect.
        match unsafe { libc::dup2(descriptor.as_raw_fd(), slot) } {
            -1 => Err(
                rustix::io::Errno::from_io_error(&io::Error::last_os_error())
                    .unwrap_or(rustix::io::Errno::IO),
            ),
            _ => Ok(()),
        }
    })
}

/// Has `hook` called when the process ends by `exit` or by returning from `main`.
///
/// A forked copy inherits the registration, so the hook must recognise a copy.
///
/// # References
///
/// [`atexit(3)`](https://man7.org/linux/man-pages/man3/atexit.3.html)
///
/// # Errors
///
/// If the C library has no memory left.
pub fn at_exit(hook: extern "C" fn()) -> io::Result<()> {
    // SAFETY: the hook is a function of this image. An image that can be unloaded is unloaded
    // only after its own exit handlers have run, among which glibc counts those it registers.
    match unsafe { libc::atexit(hook) } {
        0 => Ok(()),
        _ => Err(io::ErrorKind::OutOfMemory.into()),
    }
}

/// Changes the environment variables of a process that has one thread only.
///
/// `None` as a value removes the variable. Nothing is changed if anything is wrong.
///
/// # Errors
///
/// Invalid input for a name that is empty or holds `=`, and for a NUL byte; "resource busy" if
/// the process has other threads, which might be reading the environment.
pub fn change_environment(clear: bool, changes: &[(OsString, Option<OsString>)]) -> io::Result<()> {
    if !changes
        .iter()
        .all(|(name, value)| is_valid_variable(name, value.as_deref()))
    {
        let reason = "a name is empty or holds '=', or a NUL byte is in a name or value";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, reason));
    }
    if count_threads()? != 1 {
        return Err(io::ErrorKind::ResourceBusy.into());
    }
    if clear {
        for (name, _) in std::env::vars_os() {
            // SAFETY: there is no other thread, and so nobody who reads the environment now.
            unsafe { std::env::remove_var(name) };
        }
    }
    for (name, value) in changes {
        match value {
            // SAFETY: as above.
            Some(value) => unsafe { std::env::set_var(name, value) },
            // SAFETY: as above.
            None => unsafe { std::env::remove_var(name) },
        }
    }
    Ok(())
}

/// Says whether an environment can hold a variable of this name and value; `None` removes it.
///
/// # References
///
/// [`setenv(3)`](https://man7.org/linux/man-pages/man3/setenv.3.html)
pub fn is_valid_variable(name: &OsStr, value: Option<&OsStr>) -> bool {
    let name = name.as_bytes();
    let value = value.map_or(&[][..], OsStr::as_bytes);
    !name.is_empty() && !name.contains(&b'=') && !name.contains(&0) && !value.contains(&0)
}

fn count_threads() -> io::Result<usize> {
    Ok(std::fs::read_dir("/proc/self/task")?.count())
}

/// What the process did about the two signals that matter to a fork server, before it was one.
#[derive(Clone, Copy)]
pub struct SignalActions {
    interrupt: libc::sigaction,
    child_ended: libc::sigaction,
}

impl SignalActions {
    /// Makes the process deaf to the keyboard's interrupt (`SIGINT`), and has the system keep the
    /// exit status of its children, which it does not where `SIGCHLD` is inherited as ignored.
    ///
    /// # References
    ///
    /// [`sigaction(2)`](https://man7.org/linux/man-pages/man2/sigaction.2.html),
    /// [`wait(2)`, notes on `SIGCHLD`](https://man7.org/linux/man-pages/man2/wait.2.html)
    ///
    /// # Errors
    ///
    /// None that the system documents for these signals.
    pub fn of_fork_server() -> io::Result<SignalActions> {
        Ok(SignalActions {
            interrupt: exchange_action(libc::SIGINT, &simple_action(libc::SIG_IGN))?,
            child_ended: exchange_action(libc::SIGCHLD, &simple_action(libc::SIG_DFL))?,
        })
    }

    /// Makes the process do again what it did.
    ///
    /// # Errors
    ///
    /// None that the system documents for these signals.
    pub fn restore(self) -> io::Result<()> {
        exchange_action(libc::SIGINT, &self.interrupt)?;
        exchange_action(libc::SIGCHLD, &self.child_ended)?;
        Ok(())
    }
}

impl std::fmt::Debug for SignalActions {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SignalActions")
            .field("interrupt", &self.interrupt.sa_sigaction)
            .field("child_ended", &self.child_ended.sa_sigaction)
            .finish()
    }
}

/// `SIG_IGN` or `SIG_DFL`, with an empty mask and without flags.
fn simple_action(handler: libc::sighandler_t) -> libc::sigaction {
    let zeroed = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: every field is a number, a set of bits or an optional pointer; zeros are valid.
    let mut action = unsafe { zeroed.assume_init() };
    action.sa_sigaction = handler;
    action
}

fn exchange_action(signal: i32, action: &libc::sigaction) -> io::Result<libc::sigaction> {
    let mut previous = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: both point to a valid action; its handler is "ignore", "default", or one that the
    // process had before.
    match unsafe { libc::sigaction(signal, action, previous.as_mut_ptr()) } {
        // SAFETY: the call succeeded, so it has filled in the previous action.
        0 => Ok(unsafe { previous.assume_init() }),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_variables_are_refused_before_anything_changes() {
        for name in ["", "a=b", "nul\0"] {
            let changes = [(OsString::from(name), None)];
            let error = change_environment(true, &changes).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        }
        assert!(std::env::var_os("PATH").is_some());
    }

    #[test]
    fn a_process_with_threads_keeps_its_environment() {
        // The test runner's main thread is the other thread.
        let error = change_environment(true, &[]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ResourceBusy);
    }

    #[test]
    fn what_a_fork_server_does_about_signals_can_be_undone() {
        let before = SignalActions::of_fork_server().unwrap();
        let as_server = SignalActions::of_fork_server().unwrap();
        assert_eq!(as_server.interrupt.sa_sigaction, libc::SIG_IGN);
        assert_eq!(as_server.child_ended.sa_sigaction, libc::SIG_DFL);
        before.restore().unwrap();
        let after = SignalActions::of_fork_server().unwrap();
        assert_eq!(after.interrupt.sa_sigaction, before.interrupt.sa_sigaction);
        before.restore().unwrap();
    }
}
