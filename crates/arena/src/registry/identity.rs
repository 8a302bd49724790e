//! Names of processes and threads within a session. None of them is a pid.

use crate::error::{Error, Result};

/// A process of the session: its slot, and how often the slot had been used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProcessId {
    /// The slot in the registry.
    pub index: u16,
    /// How many processes had the slot before this one.
    pub generation: u32,
}

impl ProcessId {
    /// The identity as one word; zero is "nobody".
    pub fn pack(self) -> u64 {
        (u64::from(self.generation) << 32) | (u64::from(self.index) + 1)
    }

    /// The identity that [`pack`](Self::pack) made a word of; `None` is nobody.
    pub fn unpack(word: u64) -> Option<ProcessId> {
        let index = (word & 0xffff_ffff).checked_sub(1)?;
        let index = u16::try_from(index).ok()?;
        Some(ProcessId {
            index,
            generation: (word >> 32) as u32,
        })
    }
}

/// A registered thread: its slot, and how often the slot had been used before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThreadId {
    /// The slot in the registry.
    pub index: u16,
    /// How many threads had the slot before this one.
    pub generation: u32,
}

/// A thread's name as it stands in lock words and owner fields (invariant 2).
///
/// Bits 0–15 hold the slot plus one, bits 16–30 the low bits of its generation. Bit 31 is left
/// to the lock, for "somebody waits". Zero is nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThreadToken(u32);

const GENERATION_BITS: u32 = 0x7fff;

impl ThreadToken {
    pub(crate) fn new(thread: ThreadId) -> ThreadToken {
        ThreadToken((thread.generation & GENERATION_BITS) << 16 | (u32::from(thread.index) + 1))
    }

    /// Reads a token that stood in shared memory; `None` is nobody.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the bits name no slot.
    pub fn from_bits(bits: u32) -> Result<Option<ThreadToken>> {
        match bits {
            0 => Ok(None),
            _ if bits & 0xffff == 0 || bits >> 31 != 0 => {
                Err(Error::corrupt("an owner field names no thread"))
            }
            _ => Ok(Some(ThreadToken(bits))),
        }
    }

    /// The token as it is stored.
    pub fn bits(self) -> u32 {
        self.0
    }

    pub(crate) fn index(self) -> u16 {
        // The low half is never zero: `new` adds one and `from_bits` checks.
        ((self.0 & 0xffff) as u16).wrapping_sub(1)
    }

    pub(crate) fn names(self, generation: u32) -> bool {
        self.0 >> 16 == generation & GENERATION_BITS
    }
}
