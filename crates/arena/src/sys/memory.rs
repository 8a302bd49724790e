//! The memory of a session: an unnamed, sealed file and one mapping of it.

use std::ffi::c_void;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;

use rustix::fs::{FallocateFlags, MemfdFlags, SealFlags};
use rustix::mm::{Advice, MapFlags, ProtFlags};

use super::retry_on_interrupt;

/// Creates the unnamed file that holds an arena; it can grow but never shrink.
///
/// The seal against shrinking removes the `SIGBUS` that a truncation by a peer would cause. No
/// name exists in any file system, so nothing is left behind when every process is killed.
///
/// # References
///
/// [`memfd_create(2)`](https://man7.org/linux/man-pages/man2/memfd_create.2.html),
/// [`fcntl(2)`, file sealing](https://man7.org/linux/man-pages/man2/fcntl.2.html)
///
/// # Errors
///
/// The system's, if it offers no `memfd` or no descriptor is left.
pub fn create_memory_file() -> io::Result<OwnedFd> {
    let file = rustix::fs::memfd_create(
        c"procession",
        MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING,
    )?;
    rustix::fs::fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::SEAL)?;
    Ok(file)
}

/// Whether two descriptors lead to the same file.
///
/// # References
///
/// [`fstat(2)`](https://man7.org/linux/man-pages/man2/fstat.2.html)
///
/// # Errors
///
/// The system's, if one of them leads to nothing that has a number.
pub fn is_same_file(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> io::Result<bool> {
    let (one, other) = (rustix::fs::fstat(one)?, rustix::fs::fstat(other)?);
    Ok((one.st_dev, one.st_ino) == (other.st_dev, other.st_ino))
}

/// Says whether the file is sealed against shrinking, as an arena's must be.
///
/// # Errors
///
/// The system's, if the descriptor is not a `memfd`.
pub fn is_sealed(file: BorrowedFd<'_>) -> io::Result<bool> {
    Ok(rustix::fs::fcntl_get_seals(file)?.contains(SealFlags::SHRINK))
}

/// Reserves `length` bytes at `offset` of the file, so that touching them can never fault.
///
/// `ftruncate` would leave holes, and a hole that cannot be filled later is a `SIGBUS` in whoever
/// touches it; `fallocate` reports the shortage here, as an error.
///
/// # References
///
/// [`fallocate(2)`](https://man7.org/linux/man-pages/man2/fallocate.2.html). On tmpfs an
/// interrupted call undoes what it did, hence the retry.
///
/// # Errors
///
/// `ENOSPC` or `ENOMEM` when memory is short, `EFBIG` above `RLIMIT_FSIZE`.
pub fn reserve(file: BorrowedFd<'_>, offset: u64, length: u64) -> io::Result<()> {
    retry_on_interrupt(|| rustix::fs::fallocate(file, FallocateFlags::empty(), offset, length))
}

/// A shared mapping of a whole window of the file, also of the part that does not exist yet.
#[derive(Debug)]
pub struct Mapping {
    base: NonNull<u8>,
    length: usize,
}

// SAFETY: a mapping is an address range of the process; it belongs to no thread.
unsafe impl Send for Mapping {}
// SAFETY: the type gives out nothing but the address; whoever dereferences it argues for that.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps `length` bytes of the file from its start.
    ///
    /// The part beyond the end of the file becomes usable when the file grows under it.
    ///
    /// # References
    ///
    /// [`mmap(2)`](https://man7.org/linux/man-pages/man2/mmap.2.html)
    ///
    /// # Errors
    ///
    /// `ENOMEM` if the address space is limited (`RLIMIT_AS`).
    pub fn new(file: &OwnedFd, length: usize) -> io::Result<Mapping> {
        let flags = MapFlags::SHARED | MapFlags::NORESERVE;
        // SAFETY: a fresh mapping at an address the kernel chooses touches no existing memory.
        let address = unsafe {
            rustix::mm::mmap(
                std::ptr::null_mut(),
                length,
                ProtFlags::READ | ProtFlags::WRITE,
                flags,
                file.as_fd(),
                0,
            )
        }?;
        let base = NonNull::new(address.cast::<u8>())
            .ok_or_else(|| io::Error::other("the kernel mapped the arena at address zero"))?;
        let mapping = Mapping { base, length };
        mapping.keep_out_of_core_dumps();
        Ok(mapping)
    }

    /// The first address of the mapping.
    pub fn base(&self) -> NonNull<u8> {
        self.base
    }

    /// The length of the mapping in bytes.
    pub fn length(&self) -> usize {
        self.length
    }

    fn keep_out_of_core_dumps(&self) {
        // SAFETY: the range is our own mapping, and the advice changes core dumps only. A kernel
        // that refuses it merely writes larger dumps, so the result does not matter.
        let _ = unsafe {
            rustix::mm::madvise(
                self.base.as_ptr().cast::<c_void>(),
                self.length,
                Advice::LinuxDontDump,
            )
        };
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range was mapped by `new` and nobody but this value knows its address. A
        // failure could only mean a range that is not mapped, and then there is nothing to undo.
        let _ = unsafe { rustix::mm::munmap(self.base.as_ptr().cast::<c_void>(), self.length) };
    }
}

/// Bytes of memory that this process may still use: the least that the machine and every memory
/// cgroup it is in say.
///
/// # References
///
/// [`proc_meminfo(5)`](https://man7.org/linux/man-pages/man5/proc_meminfo.5.html),
/// [cgroup v2, memory](https://docs.kernel.org/admin-guide/cgroup-v2.html#memory)
pub fn available_memory() -> u64 {
    let machine = machine_memory().unwrap_or(u64::MAX);
    machine.min(cgroup_memory().unwrap_or(u64::MAX))
}

fn machine_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find(|line| line.starts_with("MemAvailable:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    kibibytes.checked_mul(1024)
}

fn cgroup_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = text.lines().find_map(|line| line.strip_prefix("0::"))?;
    let mut directory = std::path::PathBuf::from(format!("/sys/fs/cgroup{path}"));
    let mut least: Option<u64> = None;
    while directory.starts_with("/sys/fs/cgroup") {
        if let Some(left) = memory_left_in(&directory) {
            least = Some(least.map_or(left, |known| known.min(left)));
        }
        if !directory.pop() {
            break;
        }
    }
    least
}

fn memory_left_in(cgroup: &std::path::Path) -> Option<u64> {
    let number = |name: &str| -> Option<u64> {
        std::fs::read_to_string(cgroup.join(name))
            .ok()?
            .trim()
            .parse()
            .ok()
    };
    Some(number("memory.max")?.saturating_sub(number("memory.current")?))
}
