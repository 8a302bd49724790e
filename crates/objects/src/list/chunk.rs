//! A chunk: a block of words, each of which is an element's record or zero.

use procession_arena::mem::Word64;
use procession_arena::{Arena, Error, Result};

use super::root::NO_PLACE;

/// The largest chunk, as a power of two.
pub(super) const MOST_BITS: u32 = 16;
/// Bits of a packed chunk that are its offset.
const OFFSET_BITS: u32 = 56;

/// Where a chunk is, and how many elements it has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) offset: u64,
    /// The room, as a power of two.
    pub(super) bits: u32,
}

impl Chunk {
    pub(super) fn pack(self) -> u64 {
        u64::from(self.bits) << OFFSET_BITS | self.offset
    }

    #[inline]
    pub(super) fn unpack(word: u64) -> Result<Chunk> {
        let bits = (word >> OFFSET_BITS) as u32;
        match bits <= MOST_BITS {
            true => Ok(Chunk {
                offset: word & ((1 << OFFSET_BITS) - 1),
                bits,
            }),
            false => Err(Error::Corrupt {
                what: "a chunk of a list has an impossible size",
            }),
        }
    }

    /// Elements that there is room for.
    #[inline]
    pub(super) fn capacity(self) -> u64 {
        1 << self.bits
    }

    /// Bytes of a chunk of that room.
    pub(super) fn size(bits: u32) -> u64 {
        8 << bits
    }

    /// The word of element `within`.
    #[inline]
    pub(super) fn slot(self, arena: &Arena, within: u64) -> Result<Word64<'_>> {
        match within < self.capacity() {
            true => arena.window().word64(self.slot_place(within)),
            false => Err(NO_PLACE),
        }
    }

    #[inline]
    pub(super) fn slot_place(self, within: u64) -> u64 {
        self.offset + 8 * within
    }

    /// Copies the words from `first` on, `count` of them, behind those in `into`.
    pub(super) fn read(
        self,
        arena: &Arena,
        first: u64,
        count: u64,
        into: &mut Vec<u64>,
    ) -> Result<()> {
        if first
            .checked_add(count)
            .is_none_or(|end| end > self.capacity())
        {
            return Err(NO_PLACE);
        }
        let mut bytes = Vec::new();
        let window = arena.window();
        window.append_to(&mut bytes, self.slot_place(first), count as usize * 8)?;
        let (words, _) = bytes.as_chunks::<8>();
        into.extend(words.iter().map(|word| u64::from_ne_bytes(*word)));
        Ok(())
    }

    /// Fills a chunk that is linked to nothing; the rest of it becomes zero.
    pub(super) fn write(self, arena: &Arena, elements: &[u64]) -> Result<()> {
        let mut image: Vec<u8> = elements
            .iter()
            .flat_map(|element| element.to_ne_bytes())
            .collect();
        if elements.len() as u64 > self.capacity() {
            return Err(NO_PLACE);
        }
        image.resize(Chunk::size(self.bits) as usize, 0);
        arena.window().copy_in(self.offset, &image)
    }
}
