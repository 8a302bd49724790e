//! A file without a name for what a process writes to its standard streams.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{MemfdFlags, OFlags};

use super::fork::Standard;
use super::retry_on_interrupt;

/// A file in memory to which standard output or standard error leads.
///
/// Everything that is written to it, by whichever process, is appended.
///
/// # References
///
/// [`memfd_create(2)`](https://man7.org/linux/man-pages/man2/memfd_create.2.html),
/// [`fcntl(2)`, `F_SETFL`](https://man7.org/linux/man-pages/man2/fcntl.2.html)
#[derive(Debug)]
pub struct OutputFile(OwnedFd);

impl OutputFile {
    /// Creates an empty one.
    ///
    /// # Errors
    ///
    /// The system's, if no descriptor is left.
    pub fn new() -> io::Result<OutputFile> {
        let file = rustix::fs::memfd_create(c"procession-output", MemfdFlags::CLOEXEC)?;
        let flags = rustix::fs::fcntl_getfl(&file)?;
        rustix::fs::fcntl_setfl(&file, flags | OFlags::APPEND)?;
        Ok(OutputFile(file))
    }

    /// The one to which a standard stream of this process leads.
    ///
    /// # Errors
    ///
    /// The system's, if no descriptor is left.
    pub fn of_standard(which: Standard) -> io::Result<OutputFile> {
        Ok(OutputFile(match which {
            Standard::Input => io::stdin().as_fd().try_clone_to_owned()?,
            Standard::Output => io::stdout().as_fd().try_clone_to_owned()?,
            Standard::Error => io::stderr().as_fd().try_clone_to_owned()?,
        }))
    }

    /// Another descriptor of it, to be a process's standard stream.
    ///
    /// # Errors
    ///
    /// The system's, if no descriptor is left.
    pub fn descriptor(&self) -> io::Result<OwnedFd> {
        self.0.try_clone()
    }

    /// Takes out what is in it.
    ///
    /// # Errors
    ///
    /// The system's; none is known for a file in memory.
    pub fn take(&self) -> io::Result<Vec<u8>> {
        let length = usize::try_from(rustix::fs::fstat(&self.0)?.st_size).unwrap_or(0);
        let mut bytes = vec![0; length];
        let mut done = 0;
        while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match retry_on_interrupt(|| rustix::io::pread(&self.0, &mut *rest, done as u64))? {
                0 => break,
                count => done += count,
            }
        }
        bytes.truncate(done);
        if length > 0 {
            rustix::fs::ftruncate(&self.0, 0)?;
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;

    use super::*;

    #[test]
    fn what_was_written_is_taken_once_and_what_comes_later_next() {
        let output = OutputFile::new().unwrap();
        let mut writer = File::from(output.descriptor().unwrap());
        assert_eq!(output.take().unwrap(), b"");
        writer.write_all(b"first").unwrap();
        assert_eq!(output.take().unwrap(), b"first");
        writer.write_all(b"sec").unwrap();
        writer.write_all(b"ond").unwrap();
        assert_eq!(output.take().unwrap(), b"second");
        assert_eq!(output.take().unwrap(), b"");
    }
}
