//! Messages that have a block of their own: large ones, and all that may be delivered again.

use procession_arena::mem::Region;
use procession_arena::{Arena, Block, Error, Handle, Participant, Result, Transit};

/// Bytes of the words before the handles.
const WORDS: usize = 40;

/// The next block that the same consumer holds; zero if none. Redelivery only.
const NEXT_HELD: usize = 0;
/// Where the record that names this block stands. Redelivery only: below the queue's head the
/// block is held by a consumer, between head and tail it is in the queue.
const POSITION: usize = 8;
/// How often it was delivered; written by the consumer before it takes it.
const DELIVERIES: usize = 16;
const LENGTH: usize = 24;
const HANDLES: usize = 32;

/// A view of a message in a block of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct MessageBlock<'a> {
    arena: &'a Arena,
    words: Region<'a, WORDS>,
}

impl<'a> MessageBlock<'a> {
    /// Puts a message into a block; it is in transit as payload afterwards.
    pub(super) fn create(
        me: &'a Participant,
        parts: &[&[u8]],
        handles: &[Handle],
    ) -> Result<MessageBlock<'a>> {
        let size = parts.iter().map(|part| part.len() as u64).sum::<u64>();
        let length = WORDS as u64 + 8 * handles.len() as u64 + size;
        let block = me.allocate(length, Transit::Payload)?;
        let message = MessageBlock::open(me.arena(), block.offset)?;
        message.words.word64::<NEXT_HELD>().store(0);
        message.words.word64::<DELIVERIES>().store(0);
        message.words.word64::<LENGTH>().store(size);
        message
            .words
            .word64::<HANDLES>()
            .store(handles.len() as u64);
        let mut place = block.offset + WORDS as u64;
        for handle in handles {
            me.arena().window().word64(place)?.store(handle.pack());
            place += 8;
        }
        for part in parts {
            me.arena().window().copy_in(place, part)?;
            place += part.len() as u64;
        }
        Ok(message)
    }

    pub(super) fn open(arena: &'a Arena, block: u64) -> Result<MessageBlock<'a>> {
        Ok(MessageBlock {
            arena,
            words: arena.window().region::<WORDS>(block)?,
        })
    }

    pub(super) fn offset(self) -> u64 {
        self.words.offset()
    }

    pub(super) fn as_block(self) -> Result<Block> {
        self.arena.block_at(self.offset())
    }

    pub(super) fn next_held(self) -> u64 {
        self.words.word64::<NEXT_HELD>().load()
    }

    pub(super) fn set_next_held(self, block: u64) {
        self.words.word64::<NEXT_HELD>().store(block);
    }

    pub(super) fn position(self) -> u64 {
        self.words.word64::<POSITION>().load()
    }

    pub(super) fn set_position(self, position: u64) {
        self.words.word64::<POSITION>().store(position);
    }

    pub(super) fn deliveries(self) -> u32 {
        self.words.word64::<DELIVERIES>().load() as u32
    }

    pub(super) fn set_deliveries(self, deliveries: u32) {
        self.words.word64::<DELIVERIES>().store(deliveries.into());
    }

    /// Calls `visit` with each handle that the message carries.
    pub(super) fn visit_handles(self, visit: &mut dyn FnMut(Handle) -> Result<()>) -> Result<()> {
        let (_, handles, _) = self.extent()?;
        for number in 0..handles {
            let place = self.offset() + WORDS as u64 + 8 * number;
            visit(Handle::unpack(self.arena.window().word64(place)?.load()))?;
        }
        Ok(())
    }

    /// The handles that the message carries.
    pub(super) fn handles(self) -> Result<Vec<Handle>> {
        let mut handles = Vec::new();
        self.visit_handles(&mut |handle| {
            handles.push(handle);
            Ok(())
        })?;
        Ok(handles)
    }

    /// Appends the message's bytes to `target`.
    pub(super) fn read(self, target: &mut Vec<u8>) -> Result<()> {
        let (place, _, length) = self.extent()?;
        self.arena.window().append_to(target, place, length)
    }

    /// Where the bytes begin, how many handles there are, and how many bytes; read once, checked.
    fn extent(self) -> Result<(u64, u64, usize)> {
        let handles = self.words.word64::<HANDLES>().load();
        let length = self.words.word64::<LENGTH>().load();
        let room = self
            .arena
            .capacity(self.offset())?
            .saturating_sub(WORDS as u64);
        let used = handles
            .checked_mul(8)
            .and_then(|bytes| bytes.checked_add(length));
        match used {
            Some(used) if used <= room => {
                let place = self.offset() + WORDS as u64 + 8 * handles;
                Ok((place, handles, length as usize))
            }
            _ => Err(Error::Corrupt {
                what: "a message is longer than its block",
            }),
        }
    }
}
