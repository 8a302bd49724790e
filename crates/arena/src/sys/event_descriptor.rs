//! A descriptor that one thread makes readable to wake another out of `poll`.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;

/// Readable from [`notify`](Self::notify) until [`clear`](Self::clear).
///
/// # References
///
/// [`eventfd(2)`](https://man7.org/linux/man-pages/man2/eventfd.2.html)
#[derive(Debug)]
pub struct EventDescriptor(OwnedFd);

impl EventDescriptor {
    /// Creates one that is not readable.
    ///
    /// # Errors
    ///
    /// The system's, if no descriptor is left.
    pub fn new() -> io::Result<EventDescriptor> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        Ok(EventDescriptor(eventfd(0, flags)?))
    }

    /// Makes it readable; nothing changes if it is.
    ///
    /// # Errors
    ///
    /// The system's; none is known that a valid descriptor could cause.
    pub fn notify(&self) -> io::Result<()> {
        match rustix::io::write(&self.0, &1u64.to_ne_bytes()) {
            // The counter is full, so that it is readable.
            Ok(_) | Err(Errno::AGAIN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes it unreadable; what was notified before is taken note of.
    ///
    /// # Errors
    ///
    /// The system's; none is known that a valid descriptor could cause.
    pub fn clear(&self) -> io::Result<()> {
        match rustix::io::read(&self.0, &mut [0u8; 8]) {
            Ok(_) | Err(Errno::AGAIN) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl AsFd for EventDescriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sys::readiness::wait_readable;

    fn is_readable(descriptor: &EventDescriptor) -> bool {
        wait_readable(&[descriptor.as_fd()], Some(Duration::ZERO)).unwrap() == [true]
    }

    #[test]
    fn is_readable_from_notify_until_clear() {
        let descriptor = EventDescriptor::new().unwrap();
        assert!(!is_readable(&descriptor));
        descriptor.notify().unwrap();
        descriptor.notify().unwrap();
        assert!(is_readable(&descriptor));
        descriptor.clear().unwrap();
        assert!(!is_readable(&descriptor));
        descriptor.clear().unwrap();
    }
}
