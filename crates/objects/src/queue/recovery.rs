//! Putting a queue right after a thread was killed in it.
//!
//! `README.md` lists every state that a kill can leave. All steps here are idempotent, because
//! whoever makes them may be killed as well.

use procession_arena::{Intent, OWNED, Participant, Result, Target, Transit};

use super::block::MessageBlock;
use super::consumers::Consumer;
use super::layout::{self, Header};
use super::record::{Record, RecordKind};
use super::segment::Segment;
use super::{Mode, Queue, append, operation, take};

impl Queue {
    /// Recomputes what is derived from the tail, and settles what dead producers have in transit.
    ///
    /// The producers' lock is held.
    pub(super) fn recover_producers(&self, me: &Participant, header: Header<'_>) -> Result<()> {
        let tail = header.word64::<{ layout::TAIL }>().load();
        let block = header.word64::<{ layout::TAIL_SEGMENT }>().load();
        if block != 0 {
            let segment = segment_of(me, block, tail)?;
            append::set_tail_segment(header, segment);
            let put = count_records(me, segment, tail)?;
            header.word64::<{ layout::PUT_COUNT }>().store(put);
            header.word64::<{ layout::SEEN_GOT }>().store(0);
        }
        me.for_each_dead_intent(|intent, target, _| match self.operation_of(target) {
            Some(operation::PUT) => self.settle_put(me, intent, tail),
            Some(operation::REDELIVER) => self.settle_putting_back(me, intent, tail),
            _ => Ok(()),
        })
    }

    /// Recomputes what is derived from the head, and settles what dead consumers have in transit.
    ///
    /// The consumers' lock is held.
    pub(super) fn recover_consumers(&self, me: &Participant, header: Header<'_>) -> Result<()> {
        let head = header.word64::<{ layout::HEAD }>().load();
        let block = header.word64::<{ layout::HEAD_SEGMENT }>().load();
        if block != 0 {
            let segment = segment_of(me, block, head)?;
            take::set_head_segment(header, segment);
            let got = count_records(me, segment, head)?;
            header.word64::<{ layout::GOT_COUNT }>().store(got);
            header.word64::<{ layout::SEEN_TAIL }>().store(head);
        }
        me.for_each_dead_intent(|intent, target, process| match self.operation_of(target) {
            Some(operation::GET) => self.settle_get(me, header, intent, process, head),
            Some(operation::TASK_DONE) => self.settle_unlinking(me, header, intent, process, false),
            Some(operation::GIVE_UP) => {
                let consumer = intent.expected_link().saturating_sub(1) as u16;
                self.settle_unlinking(me, header, intent, consumer, true)
            }
            Some(operation::TAKE_APART) => self.settle_taking_apart(me, header, intent),
            _ => Ok(()),
        })?;
        match self.mode {
            Mode::Redeliver => self.recover_held(me, header, head),
            Mode::Plain | Mode::Report | Mode::Ignore => Ok(()),
        }
    }

    /// The operation that a dead thread had under way, if it was one on this queue.
    fn operation_of(&self, target: Target) -> Option<u8> {
        (target.object == self.object.handle).then_some(target.operation)
    }

    /// A dead producer's blocks: linked, or to be freed.
    fn settle_put(&self, me: &Participant, intent: Intent<'_>, tail: u64) -> Result<()> {
        self.settle_segment(me, intent)?;
        if let Some(message) = intent.block(Transit::Payload)
            && !was_committed(intent, tail)
        {
            me.free(message)?;
        }
        intent.clear_transit();
        Ok(())
    }

    /// A block that a dead thread was putting back: in the queue, or still held.
    fn settle_putting_back(&self, me: &Participant, intent: Intent<'_>, tail: u64) -> Result<()> {
        self.settle_segment(me, intent)?;
        if let Some(message) = intent.block(Transit::Payload)
            && !was_committed(intent, tail)
        {
            MessageBlock::open(me.arena(), message.offset)?.set_position(HELD);
        }
        intent.clear_transit();
        Ok(())
    }

    /// A segment that a dead producer had allocated: linked, or to be freed.
    fn settle_segment(&self, me: &Participant, intent: Intent<'_>) -> Result<()> {
        let Some(segment) = intent.block(Transit::Structure) else {
            return Ok(());
        };
        let before = intent.expected_link();
        let linked = before != 0 && Segment::open(me.arena(), before)?.next() == segment.offset;
        match linked {
            true => Ok(()),
            false => me.free(segment).map(drop),
        }
    }

    /// A dead consumer's blocks and its count: taken, or still in the queue.
    fn settle_get(
        &self,
        me: &Participant,
        header: Header<'_>,
        intent: Intent<'_>,
        process: u16,
        head: u64,
    ) -> Result<()> {
        let expected = intent.expected();
        let committed = expected != 0 && expected != OWNED && expected == head;
        if committed && let Some(consumer) = self.consumer(me, header, process)? {
            consumer
                .got()
                .store(consumer.got().load().max(intent.count()));
        }
        if committed || expected == OWNED {
            free_transit(me, intent)?;
        }
        intent.clear_transit();
        Ok(())
    }

    /// A block that a dead thread was unlinking from a consumer's list.
    fn settle_unlinking(
        &self,
        me: &Participant,
        header: Header<'_>,
        intent: Intent<'_>,
        process: u16,
        counts_as_lost: bool,
    ) -> Result<()> {
        let Some(consumer) = self.consumer(me, header, process)? else {
            return Ok(());
        };
        let expected = intent.expected();
        let committed = expected != 0 && expected == consumer.first_held().load() + 1;
        if committed && counts_as_lost {
            consumer
                .lost()
                .store(consumer.lost().load().max(intent.count()));
        }
        if committed || expected == OWNED {
            free_transit(me, intent)?;
        }
        intent.clear_transit();
        Ok(())
    }

    /// A segment that a dead thread was freeing with the whole queue.
    fn settle_taking_apart(
        &self,
        me: &Participant,
        header: Header<'_>,
        intent: Intent<'_>,
    ) -> Result<()> {
        let expected = intent.expected();
        let first = header.word64::<{ layout::HEAD_SEGMENT }>().load();
        if expected == OWNED || (expected != 0 && expected == first + 1) {
            free_transit(me, intent)?;
        }
        intent.clear_transit();
        Ok(())
    }

    /// Makes the lists of held blocks agree with head and tail, and the counts with the lists.
    fn recover_held(&self, me: &Participant, header: Header<'_>, head: u64) -> Result<()> {
        let _producers =
            layout::put_lock(header).acquire(me, || self.recover_producers(me, header))?;
        let tail = header.word64::<{ layout::TAIL }>().load();
        for process in 0..me.arena().processes_ever()? {
            let consumer = Consumer::open(me.arena(), header, process)?;
            self.recover_held_by(me, consumer, head, tail)?;
        }
        Ok(())
    }

    fn recover_held_by(
        &self,
        me: &Participant,
        consumer: Consumer<'_>,
        head: u64,
        tail: u64,
    ) -> Result<()> {
        if let Some(first) = open(me, consumer.first_held().load())?
            && (head..tail).contains(&first.position())
        {
            // Put back, or not taken after all: either way it is in the queue.
            consumer.first_held().store(first.next_held());
        }
        let (mut before, mut last, mut length) = (None, None, 0);
        consumer.visit_held(me.arena(), &mut |message| {
            before = last.replace(message);
            length += 1;
            Ok(())
        })?;
        if let Some(message) = last
            && message.position() >= head
        {
            // Linked by a consumer that was killed before it took the item.
            match before {
                Some(before) => MessageBlock::set_next_held(before, 0),
                None => consumer.first_held().store(0),
            }
            last = before;
            length -= 1;
        }
        consumer
            .last_held()
            .store(last.map_or(0, MessageBlock::offset));
        let finished = consumer.got().load().wrapping_sub(length);
        consumer
            .done()
            .store(finished.wrapping_sub(consumer.lost().load()));
        Ok(())
    }

    /// Settles everything that dead threads have under way here and wakes everybody.
    pub(super) fn recover(&self, me: &Participant) -> Result<()> {
        let header = self.header(me)?;
        {
            let _consumers = layout::get_lock(header).acquire(me, || Ok(()))?;
            self.recover_consumers(me, header)?;
            let _producers = layout::put_lock(header).acquire(me, || Ok(()))?;
            self.recover_producers(me, header)?;
        }
        layout::wake_everybody(header);
        Ok(())
    }
}

/// A position that every head has passed: an item that is held was once taken.
const HELD: u64 = 0;

/// Whether the commit store was made that the intent expects. The dead held the lock if it
/// expected anything, so nobody has moved the tail since.
fn was_committed(intent: Intent<'_>, tail: u64) -> bool {
    intent.expected() != 0 && intent.expected() == tail
}

fn open(me: &Participant, block: u64) -> Result<Option<MessageBlock<'_>>> {
    match block {
        0 => Ok(None),
        block => MessageBlock::open(me.arena(), block).map(Some),
    }
}

fn free_transit(me: &Participant, intent: Intent<'_>) -> Result<()> {
    for place in [Transit::Structure, Transit::Payload] {
        if let Some(block) = intent.block(place) {
            me.free(block)?;
        }
    }
    Ok(())
}

/// The segment in which `position` lies: the one at `block`, or the one after it.
fn segment_of(me: &Participant, block: u64, position: u64) -> Result<Segment<'_>> {
    let segment = Segment::open(me.arena(), block)?;
    match position < segment.end() {
        true => Ok(segment),
        false => Segment::open(me.arena(), segment.next()),
    }
}

/// Items put before `position`, which lies in `segment`.
fn count_records(me: &Participant, segment: Segment<'_>, position: u64) -> Result<u64> {
    let mut items = segment.items_before();
    let mut place = segment.base();
    while place < position {
        let word = me
            .arena()
            .window()
            .word64(place.wrapping_add(segment.shift()))?;
        let record = Record::unpack(word.load())?;
        if record.kind != RecordKind::Jump {
            items = items.wrapping_add(1);
        }
        place = place.saturating_add(record.size());
    }
    Ok(items)
}
