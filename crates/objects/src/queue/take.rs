//! Taking: records from the head, then one store of the head.

use procession_arena::{Error, Handle, OWNED, Participant, Result, Transit};

use super::block::MessageBlock;
use super::consumers::Consumer;
use super::layout::{self, Header};
use super::message::Taken;
use super::record::{HEAD_SIZE, Record, RecordKind};
use super::segment::Segment;
use super::{Mode, Queue};
use crate::under_way::UnderWay;

/// Where messages go, outside of shared memory.
pub(super) struct Destination<'a> {
    pub(super) bytes: &'a mut Vec<u8>,
    pub(super) handles: &'a mut Vec<Handle>,
    /// Where each message begins and ends; `None` if there can be one only.
    pub(super) messages: Option<&'a mut Vec<Taken>>,
    /// False if the messages are thrown away: then their handles need not be attached.
    pub(super) wanted: bool,
}

/// Where the next record stands. Private; the header's words are its saved form.
#[derive(Clone, Copy)]
struct Head {
    position: u64,
    shift: u64,
    end: u64,
}

/// What an attempt has taken, on its way to the commit.
struct Take<'a> {
    head: Head,
    count: u64,
    moved_to: Option<Segment<'a>>,
    block: Option<MessageBlock<'a>>,
    deliveries: u32,
}

impl Queue {
    /// Takes up to `limit` messages with one commit; says how often the last was delivered.
    #[inline]
    pub(super) fn take(
        &self,
        me: &Participant,
        header: Header<'_>,
        under_way: &UnderWay<'_>,
        limit: usize,
        destination: &mut Destination<'_>,
    ) -> Result<Option<u32>> {
        let consumers =
            layout::get_lock(header).acquire(me, || self.recover_consumers(me, header))?;
        let mut take = Take {
            head: Head::load(header),
            count: 0,
            moved_to: None,
            block: None,
            deliveries: 1,
        };
        let collected = self.collect(me, header, &mut take, limit, destination);
        if collected.is_err() || take.count == 0 {
            // Nothing was committed, so what is in transit is still linked.
            under_way.intent.clear_transit();
            return collected.map(|()| None);
        }
        self.commit_take(me, header, under_way, &take)?;
        // A block that may be delivered again is the process's, not the thread's: another thread
        // could mark it as done. So it is read under the lock; a block of its own is not.
        let shared = (self.mode == Mode::Redeliver).then_some(consumers);
        if let Some(message) = take.block {
            let start = destination.bytes.len();
            message.read(destination.bytes)?;
            destination.note(start, take.deliveries);
        }
        drop(shared);
        if take.moved_to.is_some() || take.block.is_some() {
            me.release(Transit::Payload)?;
            me.release(Transit::Structure)?;
            under_way.intent.set_expected(0);
        }
        Ok(Some(take.deliveries))
    }

    /// Reads records from the head on, as many as one commit can take.
    #[inline]
    fn collect<'a>(
        &self,
        me: &'a Participant,
        header: Header<'_>,
        take: &mut Take<'a>,
        limit: usize,
        destination: &mut Destination<'_>,
    ) -> Result<()> {
        while take.count < limit as u64 && take.block.is_none() && self.has_record(header, take)? {
            if destination.messages.is_some()
                && self.take_run(me, header, take, limit, destination)?
            {
                continue;
            }
            let start = destination.bytes.len();
            if !self.take_record(me, header, take, destination)? {
                break;
            }
            if take.block.is_none() {
                destination.note(start, 1);
            }
        }
        Ok(())
    }

    /// Takes small messages that stand in a row with one copy; false if the next one is not such.
    ///
    /// The records are taken apart in private memory, so nothing is read twice.
    fn take_run(
        &self,
        me: &Participant,
        header: Header<'_>,
        take: &mut Take<'_>,
        limit: usize,
        destination: &mut Destination<'_>,
    ) -> Result<bool> {
        let Some(messages) = &mut destination.messages else {
            return Ok(false);
        };
        let seen = header.word64::<{ layout::SEEN_TAIL }>().load();
        let known = seen.min(take.head.end).saturating_sub(take.head.position);
        let start = destination.bytes.len();
        let wanted = (limit as u64 - take.count).saturating_mul(LIKELY_SIZE);
        let length = known.min(wanted).min(LONGEST_RUN) as usize;
        me.arena()
            .window()
            .append_to(destination.bytes, take.head.offset(), length)?;
        let mut number = header
            .word64::<{ layout::GOT_COUNT }>()
            .load()
            .wrapping_add(take.count);
        let mut place = start;
        while take.count < limit as u64
            && let Some((word, _)) = destination
                .bytes
                .get(place..)
                .and_then(<[u8]>::split_first_chunk)
        {
            let record = Record::unpack(u64::from_ne_bytes(*word))?;
            let end = place + record.size() as usize;
            let is_small = record.kind == RecordKind::Inline && record.handles == 0;
            if !is_small || end > destination.bytes.len() {
                break;
            }
            if record.number != number as u16 {
                return Err(OUT_OF_ORDER);
            }
            let message = place + HEAD_SIZE as usize;
            messages.push(Taken {
                start: message,
                end: message + record.length as usize,
                handles_end: destination.handles.len(),
                deliveries: 1,
            });
            number = number.wrapping_add(1);
            take.count += 1;
            place = end;
        }
        destination.bytes.truncate(place);
        take.head.position += (place - start) as u64;
        Ok(place > start)
    }

    /// Whether there is a record at the head; an error if there never will be one again.
    #[inline]
    fn has_record(&self, header: Header<'_>, take: &Take<'_>) -> Result<bool> {
        let seen = header.word64::<{ layout::SEEN_TAIL }>();
        if take.head.position != seen.load() {
            return Ok(true);
        }
        // Closing comes after every commit, so the tail that is read after it is the last one.
        let closed = header.word32::<{ layout::CLOSED }>().load() != 0;
        let tail = header.word64::<{ layout::TAIL }>().load();
        seen.store(tail);
        match take.head.position == tail {
            false => Ok(true),
            true if closed && take.count == 0 => Err(Error::Closed),
            true => Ok(false),
        }
    }

    /// Takes the record at the head; false if the commit must come first.
    #[inline]
    fn take_record<'a>(
        &self,
        me: &'a Participant,
        header: Header<'_>,
        take: &mut Take<'a>,
        destination: &mut Destination<'_>,
    ) -> Result<bool> {
        let window = me.arena().window();
        let place = take.head.offset();
        let record = Record::unpack(window.word64(place)?.load())?;
        if record.kind == RecordKind::Jump {
            // One segment is in transit at most.
            if take.moved_to.is_some() {
                return Ok(false);
            }
            self.follow_jump(me, header, take)?;
            return self.take_record(me, header, take, destination);
        }
        let expected = header
            .word64::<{ layout::GOT_COUNT }>()
            .load()
            .wrapping_add(take.count);
        if record.number != expected as u16 {
            return Err(OUT_OF_ORDER);
        }
        if record.kind == RecordKind::Block {
            return self.take_block(me, take, record, destination);
        }
        let size = record.size();
        if size > take.head.end.saturating_sub(take.head.position) {
            return Err(Error::Corrupt {
                what: "a record is longer than its segment",
            });
        }
        let mut place = place + HEAD_SIZE;
        for _ in 0..record.handles {
            destination.take_handle(me, Handle::unpack(window.word64(place)?.load()))?;
            place += 8;
        }
        window.append_to(destination.bytes, place, record.length as usize)?;
        take.head.position += size;
        take.count += 1;
        Ok(true)
    }

    #[cold]
    fn follow_jump<'a>(
        &self,
        me: &'a Participant,
        header: Header<'_>,
        take: &mut Take<'a>,
    ) -> Result<()> {
        let arena = me.arena();
        let old = Segment::open(arena, header.word64::<{ layout::HEAD_SEGMENT }>().load())?;
        let next = Segment::open(arena, old.next())?;
        if header.word64::<{ layout::TAIL_SEGMENT }>().load() == old.block() {
            // The producer that moved on has not said so yet. If it never will, its successor must
            // find this segment before it is freed.
            let producers = layout::put_lock(header);
            drop(producers.acquire(me, || self.recover_producers(me, header))?);
        }
        me.hold(old.block(), Transit::Structure)?;
        take.head = Head::at_start_of(next);
        take.moved_to = Some(next);
        Ok(())
    }

    #[cold]
    fn take_block<'a>(
        &self,
        me: &'a Participant,
        take: &mut Take<'a>,
        record: Record,
        destination: &mut Destination<'_>,
    ) -> Result<bool> {
        if take.count > 0 {
            return Ok(false);
        }
        let window = me.arena().window();
        let place = take.head.offset();
        let message = MessageBlock::open(me.arena(), window.word64(place + 8)?.load())?;
        let deliveries = window.word64(place + 16)?.load() as u32;
        if record.handles > 0 {
            message.visit_handles(&mut |handle| destination.take_handle(me, handle))?;
        }
        match self.mode {
            Mode::Redeliver => message.set_deliveries(deliveries),
            Mode::Plain | Mode::Report | Mode::Ignore => {
                me.hold(message.offset(), Transit::Payload)?;
            }
        }
        take.head.position += record.size();
        take.count += 1;
        take.block = Some(message);
        take.deliveries = deliveries;
        Ok(true)
    }

    /// The commit store of getting (invariant 1). What recovery must know is in the intent before it.
    #[inline]
    fn commit_take(
        &self,
        me: &Participant,
        header: Header<'_>,
        under_way: &UnderWay<'_>,
        take: &Take<'_>,
    ) -> Result<()> {
        let intent = under_way.intent;
        let in_transit = take.moved_to.is_some() || take.block.is_some();
        let consumer = self.consumer(me, header, me.process().index)?;
        if let Some(consumer) = consumer {
            intent.set_count(consumer.got().load().wrapping_add(take.count));
            if let (Mode::Redeliver, Some(message)) = (self.mode, take.block) {
                consumer.append_held(me.arena(), message)?;
            }
        }
        if in_transit || consumer.is_some() {
            intent.set_expected(take.head.position);
        }
        header
            .word64::<{ layout::HEAD }>()
            .store(take.head.position);
        if let Some(segment) = take.moved_to {
            set_head_segment(header, segment);
        }
        let got = header.word64::<{ layout::GOT_COUNT }>();
        got.store(got.load().wrapping_add(take.count));
        if let Some(consumer) = consumer {
            consumer.got().store(intent.count());
        }
        match in_transit {
            true => intent.set_expected(OWNED),
            false if consumer.is_some() => intent.set_expected(0),
            false => {}
        }
        Ok(())
    }

    /// The entry of a process in the table of consumers; `None` in a plain queue.
    #[inline]
    pub(super) fn consumer<'a>(
        &self,
        me: &'a Participant,
        header: Header<'_>,
        process: u16,
    ) -> Result<Option<Consumer<'a>>> {
        match self.mode {
            Mode::Plain => Ok(None),
            Mode::Report | Mode::Redeliver | Mode::Ignore => {
                Consumer::open(me.arena(), header, process).map(Some)
            }
        }
    }
}

/// Bytes of records that are copied at once; about what a batch of small messages takes.
const LONGEST_RUN: u64 = 16 * 1024;

/// Bytes to copy for each message that is still wanted.
const LIKELY_SIZE: u64 = 256;

const OUT_OF_ORDER: Error = Error::Corrupt {
    what: "a queue's records are out of order",
};

impl Destination<'_> {
    /// Notes that a message ends here, and where it began.
    fn note(&mut self, start: usize, deliveries: u32) {
        if let Some(messages) = &mut self.messages {
            messages.push(Taken {
                start,
                end: self.bytes.len(),
                handles_end: self.handles.len(),
                deliveries,
            });
        }
    }

    /// Attaches the object before the message that holds it leaves the queue.
    #[cold]
    fn take_handle(&mut self, me: &Participant, handle: Handle) -> Result<()> {
        if self.wanted {
            me.attach(handle)?;
            self.handles.push(handle);
        }
        Ok(())
    }
}

impl Head {
    #[inline]
    fn load(header: Header<'_>) -> Head {
        Head {
            position: header.word64::<{ layout::HEAD }>().load(),
            shift: header.word64::<{ layout::HEAD_SHIFT }>().load(),
            end: header.word64::<{ layout::HEAD_END }>().load(),
        }
    }

    fn at_start_of(segment: Segment<'_>) -> Head {
        Head {
            position: segment.base(),
            shift: segment.shift(),
            end: segment.end(),
        }
    }

    #[inline]
    fn offset(self) -> u64 {
        self.position.wrapping_add(self.shift)
    }
}

/// Saves which segment the head is in.
pub(super) fn set_head_segment(header: Header<'_>, segment: Segment<'_>) {
    header
        .word64::<{ layout::HEAD_SEGMENT }>()
        .store(segment.block());
    header
        .word64::<{ layout::HEAD_SHIFT }>()
        .store(segment.shift());
    header.word64::<{ layout::HEAD_END }>().store(segment.end());
}
