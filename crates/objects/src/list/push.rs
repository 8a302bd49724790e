//! Adding one element at the end: its word, then one store of the length.

use procession_arena::{Intent, Participant, Result, Transit};

use super::chunk::Chunk;
use super::layout::Header;
use super::root::{Entry, Root};
use super::{Element, FIRST_CHUNK_BITS, List, expect_commit, operation};
use crate::record::Record;
use crate::under_way::UnderWay;

/// What became of an attempt.
enum Attempt {
    Done,
    /// A chunk of that room is needed first, in transit as structure.
    NeedsChunk(u32),
    /// The last chunk must be made larger first, or the root.
    NeedsRoom,
    /// What others have cut off stands in the way.
    NeedsSweep,
}

impl List {
    /// Adds an element at the end.
    ///
    /// # Errors
    ///
    /// [`Error::OutOfMemory`](procession_arena::Error::OutOfMemory), and then the list is as it was.
    pub fn push(&self, me: &Participant, element: Element<'_>) -> Result<()> {
        loop {
            match self.push_announced(me, element)? {
                Attempt::Done => return Ok(()),
                Attempt::NeedsSweep => self.sweep(me)?,
                Attempt::NeedsRoom | Attempt::NeedsChunk(_) => self.make_room(me)?,
            }
        }
    }

    #[inline]
    fn push_announced(&self, me: &Participant, element: Element<'_>) -> Result<Attempt> {
        let under_way = self.begin(me, operation::PUSH)?;
        let header = self.header(me)?;
        self.announce(me, header, element.handles)?;
        let record = Record::create(me, Transit::Payload, &[], element.bytes, element.handles)?;
        let outcome = self.push_with_chunk(me, header, &under_way, record.offset());
        if under_way.intent.block(Transit::Structure).is_some() {
            // Another thread has linked a chunk meanwhile.
            me.release(Transit::Structure)?;
        }
        if !matches!(outcome, Ok(Attempt::Done)) {
            me.release(Transit::Payload)?;
        }
        outcome
    }

    #[inline]
    fn push_with_chunk(
        &self,
        me: &Participant,
        header: Header<'_>,
        under_way: &UnderWay<'_>,
        record: u64,
    ) -> Result<Attempt> {
        let intent = under_way.intent;
        loop {
            let attempt = self.try_push(me, header, intent, record)?;
            let Attempt::NeedsChunk(bits) = attempt else {
                return Ok(attempt);
            };
            // Outside the lock: an allocation may have to ask the system for memory.
            me.release(Transit::Structure)?;
            let block = me.allocate(Chunk::size(bits), Transit::Structure)?;
            me.arena().window().clear(block.offset, Chunk::size(bits))?;
            intent.set_count(bits.into());
        }
    }

    #[inline]
    fn try_push(
        &self,
        me: &Participant,
        header: Header<'_>,
        intent: Intent<'_>,
        record: u64,
    ) -> Result<Attempt> {
        let _guard = self.lock(me, header)?;
        let root = self.root(me, header)?;
        let length = root.length().load();
        let slot = match root.last()? {
            // Behind the end there is a chunk to spare.
            Some(last) if length < last.start => root.slot(length, self.chunk_bits)?,
            Some(last) if length - last.start < last.chunk.capacity() => {
                last.chunk.slot(me.arena(), length - last.start)?
            }
            last => match self.link_chunk(root, intent, last, length)? {
                Ok(linked) => linked.chunk.slot(me.arena(), 0)?,
                Err(attempt) => return Ok(attempt),
            },
        };
        if slot.load() != 0 {
            return Ok(Attempt::NeedsSweep);
        }
        expect_commit(intent, root.length_place(), length + 1);
        slot.store(record);
        root.length().store(length + 1);
        intent.clear_block(Transit::Payload);
        intent.set_expected(0);
        Ok(Attempt::Done)
    }

    /// Links the chunk that is in transit as structure behind the last one, which is full.
    #[cold]
    fn link_chunk(
        &self,
        root: Root<'_>,
        intent: Intent<'_>,
        last: Option<Entry>,
        length: u64,
    ) -> Result<Result<Entry, Attempt>> {
        let bits = match last {
            None => FIRST_CHUNK_BITS.min(self.chunk_bits),
            Some(last) if last.chunk.bits < self.chunk_bits => return Ok(Err(Attempt::NeedsRoom)),
            Some(_) => self.chunk_bits,
        };
        let chunks = root.checked_chunks()?;
        if chunks == root.capacity() {
            return Ok(Err(Attempt::NeedsRoom));
        }
        let Some(block) = intent.block(Transit::Structure) else {
            return Ok(Err(Attempt::NeedsChunk(bits)));
        };
        if intent.count() != u64::from(bits) {
            return Ok(Err(Attempt::NeedsChunk(bits)));
        }
        let entry = Entry {
            chunk: Chunk {
                offset: block.offset,
                bits,
            },
            start: length,
        };
        root.write_entry(chunks, entry)?;
        root.chunks().store(chunks + 1);
        intent.clear_block(Transit::Structure);
        Ok(Ok(entry))
    }
}
