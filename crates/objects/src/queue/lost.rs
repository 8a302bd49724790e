//! What becomes of the items of a consumer that is gone.

use procession_arena::{Error, Handle, Participant, Result, Transit};

use super::block::MessageBlock;
use super::consumers::Consumer;
use super::layout::{self, Header};
use super::{Mode, Queue, operation};
use crate::under_way::UnderWay;

impl Queue {
    /// Treats the items that a process took and did not mark as done as the queue promises.
    ///
    /// May be repeated, also after a process was killed in the middle of it.
    pub(super) fn settle_consumer(&self, me: &Participant, process: u16, pid: u32) -> Result<()> {
        let header = self.header(me)?;
        let Some(consumer) = self.consumer(me, header, process)? else {
            return Ok(());
        };
        let under_way = self.begin(me, operation::REDELIVER)?;
        let mut carried = Vec::new();
        {
            let _consumers =
                layout::get_lock(header).acquire(me, || self.recover_consumers(me, header))?;
            // Under the lock: only then do the counts include what a killed thread of it took.
            if consumer.outstanding() == 0 && consumer.first_held().load() == 0 {
                return Ok(());
            }
            match self.mode {
                Mode::Plain => {}
                Mode::Report => {
                    header.word32::<{ layout::LOST_PID }>().store(pid);
                    let lost = consumer.got().load().wrapping_sub(consumer.done().load());
                    consumer.lost().store(lost);
                }
                Mode::Ignore => {
                    let done = consumer.got().load().wrapping_sub(consumer.lost().load());
                    consumer.done().store(done);
                }
                Mode::Redeliver => {
                    carried = self.put_all_back(me, header, &under_way, process, pid)?;
                }
            }
        }
        layout::wake_everybody(header);
        drop(under_way);
        me.destroy_all_unreachable(carried)
    }

    /// Puts each block of a lost consumer back, or gives it up if it was delivered too often or
    /// there is no memory for it; returns the handles that were in those.
    fn put_all_back(
        &self,
        me: &Participant,
        header: Header<'_>,
        under_way: &UnderWay<'_>,
        process: u16,
        pid: u32,
    ) -> Result<Vec<Handle>> {
        let mut carried = Vec::new();
        let consumer = Consumer::open(me.arena(), header, process)?;
        let most = header.word32::<{ layout::MAX_DELIVERIES }>().load();
        let _producers =
            layout::put_lock(header).acquire(me, || self.recover_producers(me, header))?;
        loop {
            let first = consumer.first_held().load();
            if first == 0 {
                consumer.last_held().store(0);
                return Ok(carried);
            }
            let message = MessageBlock::open(me.arena(), first)?;
            let again = message.deliveries() < most;
            match again.then(|| self.put_back(me, header, under_way, message)) {
                Some(Ok(())) => unlink_put_back(consumer, message),
                None | Some(Err(Error::OutOfMemory { .. })) => {
                    header.word32::<{ layout::LOST_PID }>().store(pid);
                    carried.append(&mut message.handles()?);
                    self.give_up(me, consumer, process, first)?;
                    me.begin(operation::REDELIVER, self.object.handle)?;
                }
                Some(Err(error)) => return Err(error),
            }
        }
    }

    /// Unlinks a block that will not be delivered again, counts it as lost, and frees it.
    fn give_up(
        &self,
        me: &Participant,
        consumer: Consumer<'_>,
        process: u16,
        first: u64,
    ) -> Result<()> {
        let intent = me.begin(operation::GIVE_UP, self.object.handle)?;
        intent.set_expected_link(u64::from(process) + 1);
        let lost = consumer.lost().load().wrapping_add(1);
        intent.set_count(lost);
        self.unlink_held(me, intent, consumer, first, || consumer.lost().store(lost))?;
        me.release(Transit::Payload)?;
        intent.clear_transit();
        Ok(())
    }
}

/// Unlinks a block that is in the queue again; as it was counted anew there, it is done here.
fn unlink_put_back(consumer: Consumer<'_>, message: MessageBlock<'_>) {
    consumer.first_held().store(message.next_held());
    let done = consumer.done();
    done.store(done.load().wrapping_add(1));
}
