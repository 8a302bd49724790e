//! Names of objects.

use std::fmt;

/// The name of an object in the arena; plain data, valid in every process of the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Handle {
    /// The entry in the object table.
    pub index: u32,
    /// How many objects had the entry before this one.
    pub generation: u32,
}

impl Handle {
    /// The handle as one word.
    pub fn pack(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.index)
    }

    /// The handle that [`pack`](Self::pack) made this word from.
    pub fn unpack(word: u64) -> Handle {
        Handle {
            index: word as u32,
            generation: (word >> 32) as u32,
        }
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.index, self.generation)
    }
}
