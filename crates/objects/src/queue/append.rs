//! Appending: records behind the tail, then one store of the tail.

use procession_arena::{Error, Handle, Participant, Result, Transit};

use super::Queue;
use super::block::MessageBlock;
use super::layout::{self, Header};
use super::record::{BLOCK_RECORD_SIZE, HEAD_SIZE, Record, RecordKind, inline_size};
use super::segment::Segment;
use crate::under_way::UnderWay;

/// What is to be put.
#[derive(Clone, Copy)]
pub(super) enum Outgoing<'a> {
    /// Messages that stand in the segment itself; handles belong to the first one.
    Inline {
        messages: &'a [&'a [u8]],
        handles: &'a [Handle],
    },
    /// One message that is in a block of its own already.
    Block {
        message: MessageBlock<'a>,
        carries_handles: bool,
    },
}

/// What became of an attempt.
pub(super) enum Attempt {
    /// So many messages are in the queue.
    Done(usize),
    /// The queue holds as many items as it may.
    Full,
    /// A segment of that many bytes is needed first.
    NeedsSegment(u64),
}

/// Where the next record goes. Private; the header's words are its saved form.
#[derive(Clone, Copy)]
struct Tail {
    position: u64,
    shift: u64,
    end: u64,
}

impl Queue {
    #[inline]
    pub(super) fn append(
        &self,
        me: &Participant,
        header: Header<'_>,
        under_way: &UnderWay<'_>,
        outgoing: Outgoing<'_>,
    ) -> Result<Attempt> {
        let _producers =
            layout::put_lock(header).acquire(me, || self.recover_producers(me, header))?;
        if header.word32::<{ layout::CLOSED }>().load() != 0 {
            return Err(Error::Closed);
        }
        match self.places_left(header) {
            0 => Ok(Attempt::Full),
            places => self.append_locked(me, header, under_way, outgoing, places),
        }
    }

    /// Items that may be put now. The producers' lock is held.
    #[inline]
    fn places_left(&self, header: Header<'_>) -> u64 {
        if self.maxsize == u64::MAX {
            return u64::MAX;
        }
        let put = header.word64::<{ layout::PUT_COUNT }>().load();
        let seen = header.word64::<{ layout::SEEN_GOT }>();
        let left = self.maxsize.saturating_sub(put.saturating_sub(seen.load()));
        if left > 0 {
            return left;
        }
        let got = header.word64::<{ layout::GOT_COUNT }>().load();
        seen.store(got);
        self.maxsize.saturating_sub(put.saturating_sub(got))
    }

    #[inline]
    fn append_locked(
        &self,
        me: &Participant,
        header: Header<'_>,
        under_way: &UnderWay<'_>,
        outgoing: Outgoing<'_>,
        places: u64,
    ) -> Result<Attempt> {
        let first_size = match outgoing {
            Outgoing::Inline {
                messages: [first, ..],
                handles,
            } => inline_size(first.len(), handles.len()),
            Outgoing::Inline { .. } => return Ok(Attempt::Done(0)),
            Outgoing::Block { .. } => BLOCK_RECORD_SIZE,
        };
        let start = Tail::load(header);
        let (mut tail, moved_to) = match start.has_room_for(first_size) {
            true => (start, None),
            false => match self.next_segment(me, header, under_way, start)? {
                Ok(segment) => (Tail::at_start_of(segment), Some(segment)),
                Err(size) => return Ok(Attempt::NeedsSegment(size)),
            },
        };
        let count = match outgoing {
            Outgoing::Inline { messages, handles } => {
                self.write_inline(me, header, &mut tail, messages, handles, places)?
            }
            Outgoing::Block {
                message,
                carries_handles,
            } => {
                message.set_position(tail.position);
                self.write_block(me, header, &mut tail, message, 1, carries_handles)?;
                under_way.intent.set_expected(tail.position);
                1
            }
        };
        self.commit(header, tail, moved_to, count as u64);
        header
            .word32::<{ layout::LAST_PRODUCER }>()
            .store(me.token().bits());
        if let Outgoing::Block { .. } = outgoing {
            under_way.intent.clear_block(Transit::Payload);
            under_way.intent.set_expected(0);
        }
        Ok(Attempt::Done(count))
    }

    /// The commit store of putting (invariant 1): the count may be too high for a moment, but never too low.
    #[inline]
    fn commit(&self, header: Header<'_>, tail: Tail, moved_to: Option<Segment<'_>>, count: u64) {
        let put = header.word64::<{ layout::PUT_COUNT }>();
        put.store(put.load().wrapping_add(count));
        header.word64::<{ layout::TAIL }>().store(tail.position);
        if let Some(segment) = moved_to {
            set_tail_segment(header, segment);
        }
    }

    #[inline]
    fn write_inline(
        &self,
        me: &Participant,
        header: Header<'_>,
        tail: &mut Tail,
        messages: &[&[u8]],
        handles: &[Handle],
        places: u64,
    ) -> Result<usize> {
        let window = me.arena().window();
        let mut number = header.word64::<{ layout::PUT_COUNT }>().load();
        let mut handles = handles;
        let mut count = 0;
        for bytes in messages
            .iter()
            .take(usize::try_from(places).unwrap_or(usize::MAX))
        {
            let size = inline_size(bytes.len(), handles.len());
            if !tail.has_room_for(size) {
                break;
            }
            let record = Record {
                kind: RecordKind::Inline,
                length: bytes.len() as u32,
                handles: handles.len() as u16,
                number: number as u16,
            };
            let mut place = tail.offset();
            window.word64(place)?.store(record.pack());
            place += HEAD_SIZE;
            for handle in handles {
                window.word64(place)?.store(handle.pack());
                place += 8;
            }
            window.copy_in(place, bytes)?;
            tail.position += size;
            number = number.wrapping_add(1);
            count += 1;
            handles = &[];
        }
        Ok(count)
    }

    fn write_block(
        &self,
        me: &Participant,
        header: Header<'_>,
        tail: &mut Tail,
        message: MessageBlock<'_>,
        delivery: u32,
        carries_handles: bool,
    ) -> Result<()> {
        let window = me.arena().window();
        let record = Record {
            kind: RecordKind::Block,
            length: 0,
            handles: carries_handles.into(),
            number: header.word64::<{ layout::PUT_COUNT }>().load() as u16,
        };
        window.word64(tail.offset())?.store(record.pack());
        window.word64(tail.offset() + 8)?.store(message.offset());
        window.word64(tail.offset() + 16)?.store(delivery.into());
        tail.position += BLOCK_RECORD_SIZE;
        Ok(())
    }

    /// Leads the tail into the next segment, or says how large a segment must be allocated.
    #[cold]
    fn next_segment<'a>(
        &self,
        me: &'a Participant,
        header: Header<'_>,
        under_way: &UnderWay<'_>,
        tail: Tail,
    ) -> Result<std::result::Result<Segment<'a>, u64>> {
        let arena = me.arena();
        let old = Segment::open(arena, header.word64::<{ layout::TAIL_SEGMENT }>().load())?;
        let items = header.word64::<{ layout::PUT_COUNT }>().load();
        if old.next() == 0 {
            let intent = under_way.intent;
            let Some(block) = intent.block(Transit::Structure) else {
                return Ok(Err(old.next_size()));
            };
            Segment::create(arena, block.offset, old.end(), items)?;
            intent.set_expected_link(old.block());
            old.link(block.offset);
            intent.clear_block(Transit::Structure);
            intent.set_expected_link(0);
        }
        let next = Segment::open(arena, old.next())?;
        next.set_items_before(items);
        let jump = Record {
            kind: RecordKind::Jump,
            length: 0,
            handles: 0,
            number: items as u16,
        };
        arena.window().word64(tail.offset())?.store(jump.pack());
        Ok(Ok(next))
    }

    /// Puts a block back that a lost consumer held. Both locks are held.
    ///
    /// The block stays in the consumer's list; its position says which of the two counts. It is
    /// written before the commit, so whoever takes the producers' lock over after a kill in
    /// between takes it back before the tail moves on.
    pub(super) fn put_back(
        &self,
        me: &Participant,
        header: Header<'_>,
        under_way: &UnderWay<'_>,
        message: MessageBlock<'_>,
    ) -> Result<()> {
        let start = Tail::load(header);
        let (mut tail, moved_to) = match start.has_room_for(BLOCK_RECORD_SIZE) {
            true => (start, None),
            false => {
                let segment = match self.next_segment(me, header, under_way, start)? {
                    Ok(segment) => segment,
                    Err(size) => {
                        me.allocate(size, Transit::Structure)?;
                        self.next_segment(me, header, under_way, start)?
                            .map_err(|_| Error::Corrupt {
                                what: "a queue's last segment changed under its lock",
                            })?
                    }
                };
                (Tail::at_start_of(segment), Some(segment))
            }
        };
        let intent = under_way.intent;
        me.hold(message.offset(), Transit::Payload)?;
        message.set_position(tail.position);
        let delivery = message.deliveries().saturating_add(1);
        self.write_block(me, header, &mut tail, message, delivery, true)?;
        intent.set_expected(tail.position);
        self.commit(header, tail, moved_to, 1);
        intent.clear_block(Transit::Payload);
        intent.set_expected(0);
        Ok(())
    }
}

impl Tail {
    #[inline]
    fn load(header: Header<'_>) -> Tail {
        Tail {
            position: header.word64::<{ layout::TAIL }>().load(),
            shift: header.word64::<{ layout::TAIL_SHIFT }>().load(),
            end: header.word64::<{ layout::TAIL_END }>().load(),
        }
    }

    fn at_start_of(segment: Segment<'_>) -> Tail {
        Tail {
            position: segment.base(),
            shift: segment.shift(),
            end: segment.end(),
        }
    }

    /// Whether a record fits, and behind it the one that leads to the next segment.
    #[inline]
    fn has_room_for(self, size: u64) -> bool {
        self.end.saturating_sub(self.position) >= size + HEAD_SIZE
    }

    #[inline]
    fn offset(self) -> u64 {
        self.position.wrapping_add(self.shift)
    }
}

/// Saves which segment the tail is in.
pub(super) fn set_tail_segment(header: Header<'_>, segment: Segment<'_>) {
    header
        .word64::<{ layout::TAIL_SEGMENT }>()
        .store(segment.block());
    header
        .word64::<{ layout::TAIL_SHIFT }>()
        .store(segment.shift());
    header.word64::<{ layout::TAIL_END }>().store(segment.end());
}
