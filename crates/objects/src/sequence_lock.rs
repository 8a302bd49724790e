//! Reading without a lock what others change under one.
//!
//! Beside the writers' lock stands a *version*, a word that is even while nothing changes. A writer
//! makes it odd before it unlinks anything, and even again after its commit and before it frees
//! what it unlinked. A reader looks at the version, reads, and looks again: if it was even and is the same,
//! nothing was unlinked meanwhile, so all that was read was linked, and is what was written there.
//! Otherwise what it read may be anything; it is thrown away. (It cannot do harm: every offset is
//! checked, memory never goes away, and bytes are copied before they are looked at.)
//!
//! A change that unlinks nothing, and shows itself by one store, leaves the version alone.
//!
//! # Ordering
//!
//! The writer's fence after the odd store, with the reader's fence before the second look, has the
//! effect that a reader which saw any store after the odd one sees that the version has moved on.
//! A block that is used for something else was freed after the odd store, and whoever writes to it
//! first took it with an exchange that saw it free; so the same holds for what he writes.
//!
//! # If a process dies
//!
//! A writer: the version stays odd. Readers then take the lock, and so recover what it left;
//! every recovery ends with [`SequenceLock::settle`].

use std::sync::atomic::{Ordering, fence};

use procession_arena::mem::Word64;
use procession_arena::{Guard, Lock, Participant, Result};

/// Attempts without the lock; a change is far shorter than one of them.
const ATTEMPTS: u32 = 8;

/// A lock for writers, and a version for readers that do without.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SequenceLock<'a> {
    lock: Lock<'a>,
    version: Word64<'a>,
}

/// The version at which something was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Version(u64);

impl<'a> SequenceLock<'a> {
    #[inline]
    pub(crate) fn new(lock: Lock<'a>, version: Word64<'a>) -> SequenceLock<'a> {
        SequenceLock { lock, version }
    }

    /// Takes the lock; see [`Lock::acquire`].
    #[inline]
    pub(crate) fn acquire(
        self,
        me: &Participant,
        recover: impl FnOnce() -> Result<()>,
    ) -> Result<Guard<'a>> {
        self.lock.acquire(me, recover)
    }

    /// Reads without the lock, a few times if others change what is read.
    ///
    /// What `attempt` returns counts only if nothing changed meanwhile, its errors included; it
    /// must not have effects that last. `None` from it, and from this: take the lock.
    #[inline]
    pub(crate) fn try_read<T>(
        self,
        mut attempt: impl FnMut() -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        for _ in 0..ATTEMPTS {
            let Some(version) = self.quiet_version() else {
                std::hint::spin_loop();
                continue;
            };
            let outcome = attempt();
            if self.is_still(version) {
                return outcome;
            }
        }
        Ok(None)
    }

    /// The version, unless something is changing. Under the lock it is always there.
    #[inline]
    pub(crate) fn quiet_version(self) -> Option<Version> {
        let version = self.version.load();
        version.is_multiple_of(2).then_some(Version(version))
    }

    /// Whether nothing was unlinked since `version` was seen.
    #[inline]
    pub(crate) fn is_still(self, version: Version) -> bool {
        fence(Ordering::Acquire);
        self.version.load() == version.0
    }

    /// Tells readers that something is being unlinked, until the value is dropped.
    ///
    /// The lock is held, also after that.
    #[inline]
    #[must_use]
    pub(crate) fn write(self) -> Writing<'a> {
        self.version.store(self.version.load() | 1);
        fence(Ordering::Release);
        Writing {
            version: self.version,
        }
    }

    /// Makes the version even, at the end of a recovery.
    pub(crate) fn settle(self) {
        let version = self.version.load();
        if !version.is_multiple_of(2) {
            self.version.store(version.wrapping_add(1));
        }
    }
}

/// Something is being unlinked.
#[derive(Debug)]
pub(crate) struct Writing<'a> {
    version: Word64<'a>,
}

impl Drop for Writing<'_> {
    #[inline]
    fn drop(&mut self) {
        self.version
            .store((self.version.load() | 1).wrapping_add(1));
    }
}
