//! Waiting until one of several descriptors has something to say.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

/// Waits until at least one descriptor is readable, or until `timeout` is over.
///
/// Returns for each descriptor whether it is readable; "readable" includes the end of a socket's
/// peer and, for a process's descriptor, the end of the process. None is, if the time is over.
///
/// # References
///
/// [`poll(2)`](https://man7.org/linux/man-pages/man2/poll.2.html)
///
/// # Errors
///
/// The system's: more descriptors than `RLIMIT_NOFILE`, or no memory.
pub fn wait_readable(
    descriptors: &[BorrowedFd<'_>],
    timeout: Option<Duration>,
) -> io::Result<Vec<bool>> {
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let mut entries: Vec<PollFd<'_>> = descriptors
        .iter()
        .map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN))
        .collect();
    loop {
        // An interrupted wait goes on with the time that is left.
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        match poll(&mut entries, left.map(to_timespec).as_ref()) {
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(_) => {
                return Ok(entries
                    .iter()
                    .map(|entry| !entry.revents().is_empty())
                    .collect());
            }
        }
    }
}

fn to_timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: duration.subsec_nanos().into(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn says_which_descriptor_is_ready() {
        let (quiet, _keeps_quiet_open) = std::io::pipe().unwrap();
        let (ready, mut writer) = std::io::pipe().unwrap();
        writer.write_all(b"!").unwrap();
        let descriptors = [quiet.as_fd(), ready.as_fd()];
        assert_eq!(wait_readable(&descriptors, None).unwrap(), [false, true]);
    }

    #[test]
    fn nothing_is_ready_when_the_time_is_over() {
        let (quiet, _keeps_quiet_open) = std::io::pipe().unwrap();
        let descriptors = [quiet.as_fd()];
        assert_eq!(
            wait_readable(&descriptors, Some(Duration::ZERO)).unwrap(),
            [false]
        );
    }

    #[test]
    fn the_end_of_the_peer_counts_as_ready() {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(writer);
        assert_eq!(wait_readable(&[reader.as_fd()], None).unwrap(), [true]);
    }
}
