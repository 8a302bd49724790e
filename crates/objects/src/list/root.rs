//! The root block: how many elements there are, and in which chunks.

use procession_arena::mem::{Region, Word64};
use procession_arena::{Arena, Error, Result};

use super::chunk::Chunk;

/// Bytes of the words before the entries.
const WORDS: usize = 24;
/// Elements of the list: the commit word of what happens at its end.
const LENGTH: usize = 0;
/// Chunks that are linked: the commit word of linking and unlinking the last one.
const CHUNKS: usize = 8;
/// Entries that there is room for.
const CAPACITY: usize = 16;
/// Bytes of an entry: the chunk, and the position of its first element.
const ENTRY: u64 = 16;

/// A view of a root block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Root<'a> {
    arena: &'a Arena,
    words: Region<'a, WORDS>,
}

/// A chunk, and where it begins in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) chunk: Chunk,
    /// Position of its first element; its last one comes before the next chunk's first.
    pub(super) start: u64,
}

/// Bytes of a root block with room for `capacity` entries.
pub(super) fn size_for(capacity: u64) -> u64 {
    WORDS as u64 + ENTRY * capacity
}

impl<'a> Root<'a> {
    #[inline]
    pub(super) fn open(arena: &'a Arena, block: u64) -> Result<Root<'a>> {
        match block {
            0 => Err(Error::Corrupt {
                what: "a list has no root",
            }),
            block => Ok(Root {
                arena,
                words: arena.window().region::<WORDS>(block)?,
            }),
        }
    }

    /// Writes a root into the block at `block`, which is linked to nothing.
    pub(super) fn write(
        arena: &'a Arena,
        block: u64,
        capacity: u64,
        length: u64,
        entries: &[Entry],
    ) -> Result<()> {
        let words = [length, entries.len() as u64, capacity];
        let entries = entries
            .iter()
            .flat_map(|entry| [entry.chunk.pack(), entry.start]);
        let image: Vec<u8> = words
            .into_iter()
            .chain(entries)
            .flat_map(u64::to_ne_bytes)
            .collect();
        arena.window().copy_in(block, &image)
    }

    pub(super) fn offset(self) -> u64 {
        self.words.offset()
    }

    #[inline]
    pub(super) fn length(self) -> Word64<'a> {
        self.words.word64::<LENGTH>()
    }

    #[inline]
    pub(super) fn length_place(self) -> u64 {
        self.offset() + LENGTH as u64
    }

    /// How many chunks are linked.
    #[inline]
    pub(super) fn chunks(self) -> Word64<'a> {
        self.words.word64::<CHUNKS>()
    }

    pub(super) fn chunks_place(self) -> u64 {
        self.offset() + CHUNKS as u64
    }

    /// How many chunks are linked, after a look that so many entries can be.
    pub(super) fn checked_chunks(self) -> Result<u64> {
        let chunks = self.chunks().load();
        let room = self.arena.capacity(self.offset())?;
        // Saturating: without the lock it may be anything by now.
        let wanted = chunks.saturating_mul(ENTRY).saturating_add(size_for(0));
        match chunks <= self.capacity() && wanted <= room {
            true => Ok(chunks),
            false => Err(Error::Corrupt {
                what: "the root of a list has more chunks than room",
            }),
        }
    }

    pub(super) fn capacity(self) -> u64 {
        self.words.word64::<CAPACITY>().load()
    }

    #[inline]
    fn entry_place(self, number: u64) -> u64 {
        self.offset()
            .wrapping_add(WORDS as u64)
            .wrapping_add(number.wrapping_mul(ENTRY))
    }

    #[inline]
    pub(super) fn entry(self, number: u64) -> Result<Entry> {
        let place = self.entry_place(number);
        let window = self.arena.window();
        Ok(Entry {
            chunk: Chunk::unpack(window.word64(place)?.load())?,
            start: window.word64(place.wrapping_add(8))?.load(),
        })
    }

    #[inline]
    fn start(self, number: u64) -> Result<u64> {
        let place = self.entry_place(number).wrapping_add(8);
        Ok(self.arena.window().word64(place)?.load())
    }

    /// Writes the entry behind the last one; it counts once [`chunks`](Self::chunks) says so.
    pub(super) fn write_entry(self, number: u64, entry: Entry) -> Result<()> {
        let place = self.entry_place(number);
        let window = self.arena.window();
        window.word64(place)?.store(entry.chunk.pack());
        window.word64(place + 8)?.store(entry.start);
        Ok(())
    }

    /// The last chunk; `None` if there is none.
    #[inline]
    pub(super) fn last(self) -> Result<Option<Entry>> {
        match self.chunks().load() {
            0 => Ok(None),
            chunks => self.entry(chunks - 1).map(Some),
        }
    }

    /// The word of the element at `position`, for which there must be room.
    #[inline]
    pub(super) fn slot(self, position: u64, chunk_bits: u32) -> Result<Word64<'a>> {
        let place = self.slot_place(position, chunk_bits)?;
        self.arena.window().word64(place)
    }

    /// Where that word is.
    ///
    /// The length must have been loaded before. `chunk_bits` are the list's: no chunk holds more, so
    /// the search begins where the chunk is if all before it are full, as they mostly are.
    #[inline]
    pub(super) fn slot_place(self, position: u64, chunk_bits: u32) -> Result<u64> {
        let chunks = self.chunks().load();
        let guess = position >> chunk_bits;
        if guess >= chunks {
            return Err(NO_PLACE);
        }
        let is_there = guess + 1 == chunks || position < self.start(guess + 1)?;
        let entry = match is_there {
            true => self.entry(guess)?,
            false => self.entry(self.search(position, guess + 1, chunks)?)?,
        };
        let within = position.checked_sub(entry.start).ok_or(NO_PLACE)?;
        match within < entry.chunk.capacity() {
            true => Ok(entry.chunk.slot_place(within)),
            false => Err(NO_PLACE),
        }
    }

    /// The last of the chunks from `low` on, which begins at `position` or before, that does.
    fn search(self, position: u64, mut low: u64, mut high: u64) -> Result<u64> {
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.start(middle)? <= position {
                true => low = middle,
                false => high = middle,
            }
        }
        Ok(low)
    }
}

pub(super) const NO_PLACE: Error = Error::Corrupt {
    what: "an element of a list is in none of its chunks",
};

#[cfg(test)]
mod tests {
    use procession_arena::{ArenaConfig, Transit};

    use super::*;

    /// What a reader without the lock may take for a root for a moment.
    #[test]
    fn a_root_that_is_something_else_by_now_is_refused() -> Result<()> {
        let config = ArenaConfig {
            memory_cap: 1 << 20,
            max_processes: 2,
            max_threads: 2,
        };
        let arena = Arena::create(&config, crate::KINDS)?;
        let me = arena.register_thread(arena.register_root()?)?;
        let block = me.allocate(size_for(1), Transit::Payload)?;
        for word in [u64::MAX, u64::MAX / ENTRY, 1 << 32] {
            Root::write(&arena, block.offset, word, 0, &[])?;
            let root = Root::open(&arena, block.offset)?;
            root.chunks().store(word);
            assert!(root.checked_chunks().is_err(), "{word} chunks");
        }
        me.release(Transit::Payload)
    }
}
