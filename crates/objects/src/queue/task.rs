//! Marking items as done, and waiting until all are.

use std::sync::atomic::Ordering;

use procession_arena::{Error, OWNED, Participant, Result, Transit, Wait};

use super::block::MessageBlock;
use super::consumers::Consumer;
use super::layout::{self, Header};
use super::{Mode, Queue, operation};

impl Queue {
    /// Marks the oldest item that this process holds as done.
    ///
    /// # Errors
    ///
    /// [`Error::TaskDoneTooOften`] if this process holds none; [`Error::NotJoinable`].
    pub fn task_done(&self, me: &Participant) -> Result<()> {
        let under_way = self.begin(me, operation::TASK_DONE)?;
        let header = self.header(me)?;
        let consumer = self
            .consumer(me, header, me.process().index)?
            .ok_or(Error::NotJoinable)?;
        let mut carried = Vec::new();
        match self.mode {
            Mode::Redeliver => {
                let consumers =
                    layout::get_lock(header).acquire(me, || self.recover_consumers(me, header))?;
                let first = consumer.first_held().load();
                if first == 0 {
                    return Err(Error::TaskDoneTooOften);
                }
                carried = MessageBlock::open(me.arena(), first)?.handles()?;
                let done = consumer.done();
                self.unlink_held(me, under_way.intent, consumer, first, || {
                    done.store(done.load().wrapping_add(1));
                })?;
                drop(consumers);
                me.release(Transit::Payload)?;
                under_way.intent.set_expected(0);
            }
            Mode::Plain | Mode::Report | Mode::Ignore => count_done(consumer)?,
        }
        self.tell_joiners(me, header)?;
        drop(under_way);
        me.destroy_all_unreachable(carried)
    }

    /// Unlinks the oldest block of a consumer; it is in transit afterwards, this thread's own.
    ///
    /// The consumers' lock is held. `count` is made right after the commit and, for a count that
    /// cannot be derived, has its result in the intent before.
    pub(super) fn unlink_held(
        &self,
        me: &Participant,
        intent: procession_arena::Intent<'_>,
        consumer: Consumer<'_>,
        first: u64,
        count: impl FnOnce(),
    ) -> Result<()> {
        me.hold(first, Transit::Payload)?;
        let next = MessageBlock::open(me.arena(), first)?.next_held();
        // One more, because zero means that no commit is near.
        intent.set_expected(next + 1);
        consumer.first_held().store(next);
        count();
        intent.set_expected(OWNED);
        Ok(())
    }

    /// Waits until every item that was put has been marked as done.
    ///
    /// # Errors
    ///
    /// [`Error::ConsumerLost`] as soon as items were lost with a consumer; the next call goes on
    /// waiting for the others. [`Error::TimedOut`]; [`Error::NotJoinable`].
    ///
    /// # If a process dies
    ///
    /// A consumer: see [`OnLost`](super::OnLost). A producer inside `put`: its item is wholly
    /// there, and counts, or wholly not.
    pub fn join(&self, me: &Participant, wait: Wait) -> Result<()> {
        if self.mode == Mode::Plain {
            return Err(Error::NotJoinable);
        }
        let _under_way = self.begin(me, operation::JOIN)?;
        let header = self.header(me)?;
        me.heard(0);
        let finished = || {
            self.tell_losses(me, header)?;
            Ok((self.unfinished(me)? == 0).then_some(()))
        };
        layout::join_event(header)
            .wait_for(me, wait, finished)?
            .ok_or(Error::TimedOut)
    }

    /// Items that were put and are neither marked as done nor lost.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`] if the queue is damaged.
    pub fn unfinished(&self, me: &Participant) -> Result<u64> {
        let header = self.header(me)?;
        let finished = self.sum_over_consumers(me, |consumer| consumer.finished())?;
        // Read last, and raised before an item can be taken: the difference is never too small.
        let put = header.word64::<{ layout::PUT_COUNT }>().load();
        Ok(put.saturating_sub(finished))
    }

    /// Items lost with consumers, ever.
    pub(super) fn lost(&self, me: &Participant) -> Result<u64> {
        self.sum_over_consumers(me, |consumer| consumer.lost().load())
    }

    fn sum_over_consumers(
        &self,
        me: &Participant,
        value: impl Fn(Consumer<'_>) -> u64,
    ) -> Result<u64> {
        let header = self.header(me)?;
        let mut sum = 0u64;
        for process in 0..me.arena().processes_ever()? {
            sum = sum.wrapping_add(value(Consumer::open(me.arena(), header, process)?));
        }
        Ok(sum)
    }

    /// Reports each loss once for each handle.
    fn tell_losses(&self, me: &Participant, header: Header<'_>) -> Result<()> {
        let lost = self.lost(me)?;
        let told = self.told.swap(lost, Ordering::Relaxed);
        if lost == told {
            return Ok(());
        }
        let pid = header.word32::<{ layout::LOST_PID }>().load();
        Err(Error::ConsumerLost {
            pid,
            count: lost.saturating_sub(told),
        })
    }

    /// Wakes those who wait in `join` if there is nothing left to wait for.
    pub(super) fn tell_joiners(&self, me: &Participant, header: Header<'_>) -> Result<()> {
        if layout::join_event(header).may_have_sleepers() && self.unfinished(me)? == 0 {
            layout::join_event(header).notify_all();
        }
        Ok(())
    }
}

/// Counts one item as done, unless the process holds none; threads of it may do so at once.
fn count_done(consumer: Consumer<'_>) -> Result<()> {
    loop {
        let done = consumer.done().load();
        let finished = done.wrapping_add(consumer.lost().load());
        if finished >= consumer.got().load() {
            return Err(Error::TaskDoneTooOften);
        }
        if consumer
            .done()
            .compare_exchange(done, done.wrapping_add(1))
            .is_ok()
        {
            return Ok(());
        }
    }
}
