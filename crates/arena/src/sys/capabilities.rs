//! What this machine allows of that which an arena needs: found by trying, since versions and sandboxes say little.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use rustix::io::Errno;
use rustix::process::{Signal, WaitId, WaitIdOptions};

use super::life_word::{LIFE_WORD_SIZE, OWNER_DIED, lock_for_life};
use super::memory::{Mapping, create_memory_file, reserve};
use super::process::Pidfd;
use super::{futex, memory};

/// Something that the kernel must offer, and the sandbox must not forbid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capability {
    /// Unnamed files of memory that cannot shrink: `memfd_create`, and its seals.
    MemoryFile,
    /// Reserving such memory before it is touched: `fallocate`.
    Reservation,
    /// Mapping a gibibyte of it, of which little is there yet: `mmap`.
    AddressSpace,
    /// Descriptors of processes: `pidfd_open`.
    ProcessDescriptor,
    /// Signals by descriptor: `pidfd_send_signal`.
    SignalByDescriptor,
    /// Waiting for a child by descriptor: `waitid` with `P_PIDFD`.
    WaitByDescriptor,
    /// Words that tell that a thread has ended: robust futexes, as the C library sets them up.
    LifeWord,
    /// Sleeping on two words at once: `futex_waitv`. Without it, sleepers look every few milliseconds.
    SleepOnTwoWords,
}

impl Capability {
    /// All of them.
    pub const ALL: [Capability; 8] = [
        Capability::MemoryFile,
        Capability::Reservation,
        Capability::AddressSpace,
        Capability::ProcessDescriptor,
        Capability::SignalByDescriptor,
        Capability::WaitByDescriptor,
        Capability::LifeWord,
        Capability::SleepOnTwoWords,
    ];

    /// The system call that it is known by.
    pub fn name(self) -> &'static str {
        match self {
            Capability::MemoryFile => "memfd_create",
            Capability::Reservation => "fallocate",
            Capability::AddressSpace => "mmap",
            Capability::ProcessDescriptor => "pidfd_open",
            Capability::SignalByDescriptor => "pidfd_send_signal",
            Capability::WaitByDescriptor => "waitid",
            Capability::LifeWord => "set_robust_list",
            Capability::SleepOnTwoWords => "futex_waitv",
        }
    }

    /// Whether procession works without it, if less well.
    pub fn is_optional(self) -> bool {
        self == Capability::SleepOnTwoWords
    }

    /// Tries it, and leaves nothing behind.
    ///
    /// # Errors
    ///
    /// The system's: `ENOSYS` if the kernel does not have it; `EPERM`, or whatever else a sandbox answers, if it is forbidden.
    pub fn probe(self) -> io::Result<()> {
        match self {
            Capability::MemoryFile => is_sealed(create_memory_file()?.as_fd()),
            Capability::Reservation => reserve(create_memory_file()?.as_fd(), 0, 1 << 12),
            Capability::AddressSpace => Mapping::new(&create_memory_file()?, 1 << 30).map(drop),
            Capability::ProcessDescriptor => Pidfd::of_self().map(drop),
            Capability::SignalByDescriptor => signal_by(create_memory_file()?),
            Capability::WaitByDescriptor => wait_by(&Pidfd::of_self()?),
            Capability::LifeWord => life_word(),
            Capability::SleepOnTwoWords => futex::probe_two_words(),
        }
    }
}

fn is_sealed(file: BorrowedFd<'_>) -> io::Result<()> {
    match memory::is_sealed(file)? {
        true => Ok(()),
        false => Err(io::Error::other("its seals do not hold")),
    }
}

/// A descriptor that is no process is refused as such by a kernel that would send the signal.
fn signal_by(file: OwnedFd) -> io::Result<()> {
    refused_with(
        Errno::BADF,
        rustix::process::pidfd_send_signal(file, Signal::CONT),
    )
}

/// This process is no child of its own, which the kernel can say only if it has found it.
fn wait_by(process: &Pidfd) -> io::Result<()> {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
    let outcome = rustix::process::waitid(WaitId::PidFd(process.as_fd()), options);
    refused_with(Errno::CHILD, outcome.map(drop))
}

fn refused_with(expected: Errno, outcome: rustix::io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error) if error != expected => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Has a thread end, and looks whether the kernel has told.
fn life_word() -> io::Result<()> {
    let room: Vec<AtomicU32> = (0..LIFE_WORD_SIZE / size_of::<AtomicU32>() + 1)
        .map(|_| AtomicU32::new(0))
        .collect();
    let words = aligned(&room);
    let offset = thread::scope(|scope| {
        let short = thread::Builder::new().spawn_scoped(scope, || {
            let start = NonNull::from(words).cast();
            // SAFETY: the room is large enough, aligned to 8, and outlives the thread, for which the scope waits.
            unsafe { lock_for_life(start) }
        })?;
        let failed = |_| io::Error::other("the thread that was to end has failed");
        short.join().map_err(failed)?
    })?;
    let word = words.get(offset / size_of::<AtomicU32>());
    match word.is_some_and(|word| word.load(Ordering::Relaxed) & OWNER_DIED != 0) {
        true => Ok(()),
        false => Err(io::Error::other(
            "the kernel does not tell when a thread ends",
        )),
    }
}

/// The part of the room that begins at a multiple of 8.
fn aligned(room: &[AtomicU32]) -> &[AtomicU32] {
    let is_even = room.as_ptr().addr().is_multiple_of(8);
    room.get(usize::from(!is_even)..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_runs_the_tests_has_what_is_needed() {
        for capability in Capability::ALL {
            if !capability.is_optional() {
                assert!(capability.probe().is_ok(), "{}", capability.name());
            }
        }
    }

    #[test]
    fn names_are_different() {
        let mut names: Vec<_> = Capability::ALL.map(Capability::name).into();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Capability::ALL.len());
    }

    #[test]
    fn only_the_expected_refusal_is_a_good_sign() {
        assert!(refused_with(Errno::BADF, Err(Errno::BADF)).is_ok());
        assert!(refused_with(Errno::BADF, Err(Errno::NOSYS)).is_err());
    }
}
