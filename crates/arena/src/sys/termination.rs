//! Hearing that somebody wants this process to end, instead of ending.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{IntoRawFd, RawFd};
use std::sync::atomic::{AtomicI32, Ordering};

use rustix::event::{EventfdFlags, eventfd};

/// Both mean that the process shall end: somebody asks for it, or presses Ctrl-C.
const SIGNALS: [i32; 2] = [libc::SIGTERM, libc::SIGINT];

/// The descriptor that the signal handler makes readable; open as long as the process lives.
static NOTIFIED: AtomicI32 = AtomicI32::new(-1);

/// The requests to end that this process gets, one for each signal. Programs that it runs do not inherit that.
#[derive(Debug)]
pub struct TerminationRequests {
    descriptor: RawFd,
}

impl TerminationRequests {
    /// Has `SIGTERM` and `SIGINT` counted from now on, instead of ending the process.
    ///
    /// # References
    ///
    /// [`sigaction(2)`](https://man7.org/linux/man-pages/man2/sigaction.2.html),
    /// [`eventfd(2)`](https://man7.org/linux/man-pages/man2/eventfd.2.html)
    ///
    /// # Errors
    ///
    /// The system's, if no descriptor is left; "already exists" if the process hears them already.
    pub fn hear() -> io::Result<TerminationRequests> {
        // Each read takes one signal.
        let descriptor = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::SEMAPHORE)?;
        let descriptor = descriptor.into_raw_fd();
        let former = NOTIFIED.compare_exchange(-1, descriptor, Ordering::AcqRel, Ordering::Acquire);
        if former.is_err() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        for signal in SIGNALS {
            count(signal)?;
        }
        Ok(TerminationRequests { descriptor })
    }

    /// Waits for the next request.
    ///
    /// # Errors
    ///
    /// The system's; none is known that a valid descriptor could cause.
    pub fn wait(&self) -> io::Result<()> {
        super::retry_on_interrupt(|| {
            // SAFETY: the descriptor was made by `hear` and is never closed.
            let descriptor = unsafe { std::os::fd::BorrowedFd::borrow_raw(self.descriptor) };
            rustix::io::read(descriptor, &mut [0u8; 8])
        })
        .map(drop)
    }
}

fn count(signal: i32) -> io::Result<()> {
    let zeroed = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: every field is a number, a set of bits or an optional pointer; zeros are valid.
    let mut action = unsafe { zeroed.assume_init() };
    action.sa_sigaction = note as *const () as libc::sighandler_t;
    action.sa_flags = libc::SA_RESTART;
    // SAFETY: the action is valid, and its handler does nothing that a signal handler must not.
    match unsafe { libc::sigaction(signal, &action, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Runs in the middle of anything: calls nothing but `write`, and leaves the error number as it was.
extern "C" fn note(_: i32) {
    let one = 1u64.to_ne_bytes();
    // SAFETY: it points to the error number of this thread.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: it was just found, and no other thread has it.
    let former = unsafe { errno.read() };
    let descriptor = NOTIFIED.load(Ordering::Acquire);
    // SAFETY: the buffer is readable and as long as is said.
    let _ = unsafe { libc::write(descriptor, one.as_ptr().cast(), one.len()) };
    // SAFETY: as above.
    unsafe { errno.write(former) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_is_heard_once() {
        let requests = TerminationRequests::hear().unwrap();
        assert!(TerminationRequests::hear().is_err());
        for signal in SIGNALS {
            // SAFETY: the signal has a handler now.
            assert_eq!(unsafe { libc::raise(signal) }, 0);
            requests.wait().unwrap();
        }
        let readable = crate::sys::readiness::wait_readable(
            // SAFETY: the descriptor is open.
            &[unsafe { std::os::fd::BorrowedFd::borrow_raw(requests.descriptor) }],
            Some(std::time::Duration::ZERO),
        );
        assert_eq!(readable.unwrap(), [false]);
    }
}
