//! What the arena must know of queues.

use procession_arena::{
    Block, Error, Handle, OWNED, Object, ObjectKind, Participant, ProcessId, Result, Transit,
};

use super::block::MessageBlock;
use super::consumers::Consumer;
use super::layout;
use super::message::Message;
use super::record::{HEAD_SIZE, Record, RecordKind};
use super::segment::Segment;
use super::{Mode, Queue, operation};

/// The number of this kind in the object table.
pub(super) const TAG: u8 = 1;

/// Queues, plain and joinable.
#[derive(Debug)]
pub(crate) struct QueueKind;

impl ObjectKind for QueueKind {
    fn tag(&self) -> u8 {
        TAG
    }

    fn name(&self) -> &'static str {
        "queue"
    }

    fn recover(&self, me: &Participant, object: Object) -> Result<()> {
        Queue::open(me, object)?.recover(me)
    }

    fn process_gone(
        &self,
        me: &Participant,
        object: Object,
        process: ProcessId,
        pid: u32,
    ) -> Result<()> {
        Queue::open(me, object)?.settle_consumer(me, process.index, pid)
    }

    /// Nobody will put any more.
    fn left_to_keeper(&self, me: &Participant, object: Object) -> Result<()> {
        Queue::open(me, object)?.close(me)
    }

    fn take_apart(&self, me: &Participant, object: Object) -> Result<()> {
        Queue::open(me, object)?.take_apart(me)
    }

    fn visit_blocks(
        &self,
        me: &Participant,
        object: Object,
        visit: &mut dyn FnMut(Block),
    ) -> Result<()> {
        Queue::open(me, object)?.visit_blocks(me, visit)
    }

    fn visit_handles(
        &self,
        me: &Participant,
        object: Object,
        visit: &mut dyn FnMut(Handle),
    ) -> Result<()> {
        Queue::open(me, object)?.visit_handles(me, visit)
    }
}

impl Queue {
    fn visit_blocks(&self, me: &Participant, visit: &mut dyn FnMut(Block)) -> Result<()> {
        let arena = me.arena();
        let header = self.header(me)?;
        let mut block = header.word64::<{ layout::HEAD_SEGMENT }>().load();
        while block != 0 {
            visit(arena.block_at(block)?);
            block = Segment::open(arena, block)?.next();
        }
        self.visit_records(me, &mut |record, place| {
            if record.kind == RecordKind::Block {
                visit(arena.block_at(arena.window().word64(place + HEAD_SIZE)?.load())?);
            }
            Ok(())
        })?;
        if self.mode == Mode::Redeliver {
            for process in 0..arena.processes_ever()? {
                let consumer = Consumer::open(arena, header, process)?;
                consumer.visit_held(arena, &mut |message| {
                    visit(message.as_block()?);
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    fn visit_handles(&self, me: &Participant, visit: &mut dyn FnMut(Handle)) -> Result<()> {
        let arena = me.arena();
        let header = self.header(me)?;
        if header.word32::<{ layout::CARRIES_HANDLES }>().load() == 0 {
            return Ok(());
        }
        let _consumers =
            layout::get_lock(header).acquire(me, || self.recover_consumers(me, header))?;
        let _producers =
            layout::put_lock(header).acquire(me, || self.recover_producers(me, header))?;
        self.visit_records(me, &mut |record, place| {
            if record.kind == RecordKind::Block && record.handles > 0 {
                let block = arena.window().word64(place + HEAD_SIZE)?.load();
                return visit_handles_of(MessageBlock::open(arena, block)?, visit);
            }
            for number in 0..u64::from(record.handles) {
                let word = arena.window().word64(place + HEAD_SIZE + 8 * number)?;
                visit(Handle::unpack(word.load()));
            }
            Ok(())
        })?;
        if self.mode == Mode::Redeliver {
            for process in 0..arena.processes_ever()? {
                let consumer = Consumer::open(arena, header, process)?;
                consumer.visit_held(arena, &mut |message| visit_handles_of(message, visit))?;
            }
        }
        Ok(())
    }

    /// Calls `visit` with each record from head to tail and its offset.
    fn visit_records(
        &self,
        me: &Participant,
        visit: &mut dyn FnMut(Record, u64) -> Result<()>,
    ) -> Result<()> {
        let header = self.header(me)?;
        let block = header.word64::<{ layout::HEAD_SEGMENT }>().load();
        if block == 0 {
            return Ok(());
        }
        let mut segment = Segment::open(me.arena(), block)?;
        let mut position = header.word64::<{ layout::HEAD }>().load();
        let tail = header.word64::<{ layout::TAIL }>().load();
        while position < tail {
            let place = position.wrapping_add(segment.shift());
            let record = Record::unpack(me.arena().window().word64(place)?.load())?;
            if record.kind == RecordKind::Jump {
                segment = Segment::open(me.arena(), segment.next())?;
                position = segment.base();
                continue;
            }
            visit(record, place)?;
            position = position.saturating_add(record.size());
        }
        match position == tail {
            true => Ok(()),
            false => Err(Error::Corrupt {
                what: "a queue's records run past its tail",
            }),
        }
    }

    /// Frees all items, then all segments. Nobody holds the queue any more.
    fn take_apart(&self, me: &Participant) -> Result<()> {
        // A consumer that keeps no account of what it takes.
        let queue = Queue {
            mode: Mode::Plain,
            ..Queue::open(me, self.object)?
        };
        if self.header(me)?.word64::<{ layout::HEAD_SEGMENT }>().load() != 0 {
            queue.discard_items(me)?;
        }
        queue.free_segments(me)
    }

    fn discard_items(&self, me: &Participant) -> Result<()> {
        let mut message = Message::default();
        loop {
            message.bytes.clear();
            let under_way = self.begin(me, operation::GET)?;
            if !self.discard(me, self.header(me)?, &under_way, &mut message)? {
                return Ok(());
            }
        }
    }

    fn free_segments(&self, me: &Participant) -> Result<()> {
        let header = self.header(me)?;
        let under_way = self.begin(me, operation::TAKE_APART)?;
        let intent = under_way.intent;
        let _consumers =
            layout::get_lock(header).acquire(me, || self.recover_consumers(me, header))?;
        let first = header.word64::<{ layout::HEAD_SEGMENT }>();
        while first.load() != 0 {
            me.hold(first.load(), Transit::Structure)?;
            let next = Segment::open(me.arena(), first.load())?.next();
            // The producers' side must not lead into what is freed.
            header.word64::<{ layout::TAIL_SEGMENT }>().store(next);
            // One more, because zero means that no commit is near.
            intent.set_expected(next + 1);
            first.store(next);
            intent.set_expected(OWNED);
            me.release(Transit::Structure)?;
            intent.set_expected(0);
        }
        Ok(())
    }
}

fn visit_handles_of(message: MessageBlock<'_>, visit: &mut dyn FnMut(Handle)) -> Result<()> {
    message.visit_handles(&mut |handle| {
        visit(handle);
        Ok(())
    })
}
