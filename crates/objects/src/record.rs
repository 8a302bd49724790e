//! A value that stands in a dict or a list, with its key if it has one: a block that never changes.
//!
//! To change an entry is to put another record in its place. So whoever reads a record needs no
//! lock: if the block is still the same allocation afterwards, what was read is what was written.

use std::mem::MaybeUninit;

use procession_arena::mem::Region;
use procession_arena::{Arena, Block, Error, Handle, Participant, Result, Transit};

/// Bytes of the words before the handles.
const WORDS: usize = 24;

/// Which entry of its table refers to the record: the one word that may change, under the
/// writers' lock of the object.
const NUMBER: usize = 0;
/// Number of handles in the upper half, length of the key in the lower one.
const HANDLES_AND_KEY: usize = 8;
const VALUE_LENGTH: usize = 16;

/// A view of a record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    arena: &'a Arena,
    words: Region<'a, WORDS>,
}

/// What a record consists of; read once, so that it cannot change between check and use.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    handles: u64,
    key_length: usize,
    value_length: usize,
}

impl Extent {
    /// Whether the value carries handles of shared objects.
    #[inline]
    pub(crate) fn has_handles(self) -> bool {
        self.handles > 0
    }

    /// Bytes of the value.
    #[inline]
    pub(crate) fn value_length(self) -> usize {
        self.value_length
    }

    fn key_offset(self) -> u64 {
        WORDS as u64 + 8 * self.handles
    }

    fn value_offset(self) -> u64 {
        self.key_offset() + (self.key_length as u64).next_multiple_of(8)
    }
}

impl<'a> Record<'a> {
    /// Writes a record into a block of its own, which is in transit at `place` afterwards.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`]; [`Error::TooManyHandles`] if the value carries more than four
    /// billion of them.
    pub(crate) fn create(
        me: &'a Participant,
        place: Transit,
        key: &[u8],
        value: &[u8],
        handles: &[Handle],
    ) -> Result<Record<'a>> {
        let (Ok(key_length), Ok(count)) = (u32::try_from(key.len()), u32::try_from(handles.len()))
        else {
            return Err(Error::TooManyHandles {
                limit: u32::MAX as usize,
            });
        };
        let extent = Extent {
            handles: count.into(),
            key_length: key.len(),
            value_length: value.len(),
        };
        let block = me.allocate(extent.value_offset() + value.len() as u64, place)?;
        let record = Record::open(me.arena(), block.offset)?;
        let window = me.arena().window();
        record
            .words
            .word64::<HANDLES_AND_KEY>()
            .store(u64::from(count) << 32 | u64::from(key_length));
        record
            .words
            .word64::<VALUE_LENGTH>()
            .store(value.len() as u64);
        let mut at = block.offset + WORDS as u64;
        for handle in handles {
            window.word64(at)?.store(handle.pack());
            at += 8;
        }
        window.copy_in(block.offset + extent.key_offset(), key)?;
        window.copy_in(block.offset + extent.value_offset(), value)?;
        Ok(record)
    }

    #[inline]
    pub(crate) fn open(arena: &'a Arena, block: u64) -> Result<Record<'a>> {
        Ok(Record {
            arena,
            words: arena.window().region::<WORDS>(block)?,
        })
    }

    pub(crate) fn offset(self) -> u64 {
        self.words.offset()
    }

    /// The allocation that the record is.
    pub(crate) fn as_block(self) -> Result<Block> {
        self.arena.block_at(self.offset())
    }

    /// Which entry of its table refers to the record.
    pub(crate) fn number(self) -> u64 {
        self.words.word64::<NUMBER>().load()
    }

    pub(crate) fn set_number(self, number: u64) {
        self.words.word64::<NUMBER>().store(number);
    }

    #[inline]
    pub(crate) fn extent(self) -> Extent {
        let word = self.words.word64::<HANDLES_AND_KEY>().load();
        Extent {
            handles: word >> 32,
            key_length: (word & u64::from(u32::MAX)) as usize,
            value_length: self.words.word64::<VALUE_LENGTH>().load() as usize,
        }
    }

    /// Whether the record is `key`'s.
    #[inline]
    pub(crate) fn has_key(self, extent: Extent, key: &[u8]) -> Result<bool> {
        if extent.key_length != key.len() {
            return Ok(false);
        }
        let mut at = self.offset() + extent.key_offset();
        let mut buffer = [MaybeUninit::uninit(); COMPARED_AT_ONCE];
        for part in key.chunks(COMPARED_AT_ONCE) {
            let read = &mut buffer[..part.len()];
            self.arena.window().copy_out(at, read)?;
            // SAFETY: `copy_out` has initialised all of `read`.
            if unsafe { read.assume_init_ref() } != part {
                return Ok(false);
            }
            at += COMPARED_AT_ONCE as u64;
        }
        Ok(true)
    }

    /// Appends the key to `target`.
    pub(crate) fn append_key(self, extent: Extent, target: &mut Vec<u8>) -> Result<()> {
        let at = self.offset() + extent.key_offset();
        let window = self.arena.window();
        window.append_to(target, at, extent.key_length)
    }

    /// Appends the value to `target`.
    #[inline]
    pub(crate) fn append_value(self, extent: Extent, target: &mut Vec<u8>) -> Result<()> {
        let at = self.offset().wrapping_add(extent.value_offset());
        let window = self.arena.window();
        window.append_to(target, at, extent.value_length)
    }

    /// The first byte of the value, if it has one.
    #[inline]
    pub(crate) fn first_byte(self, extent: Extent) -> Result<Option<u8>> {
        if extent.value_length == 0 {
            return Ok(None);
        }
        let mut byte = [MaybeUninit::uninit()];
        let at = self.offset().wrapping_add(extent.value_offset());
        self.arena.window().copy_out(at, &mut byte)?;
        // SAFETY: `copy_out` has initialised it.
        Ok(Some(unsafe { byte[0].assume_init() }))
    }

    /// The handles that the value carries.
    pub(crate) fn handles(self, extent: Extent) -> Result<Vec<Handle>> {
        (0..extent.handles)
            .map(|number| {
                let at = self.offset() + WORDS as u64 + 8 * number;
                Ok(Handle::unpack(self.arena.window().word64(at)?.load()))
            })
            .collect()
    }
}

/// Bytes of a key that are compared in one go; a whole number of words.
const COMPARED_AT_ONCE: usize = 64;
