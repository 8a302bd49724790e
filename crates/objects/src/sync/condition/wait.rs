//! Waiting for a notification.

use procession_arena::{Intent, Participant, Result, Wait};

use super::layout;
use super::{Condition, operation};
use crate::sync::Taken;
use crate::under_way::UnderWay;

/// A thread's place in the line, with its lock given up.
#[derive(Debug)]
#[must_use = "the thread stands in line until it finishes waiting"]
pub struct Waiting {
    ticket: u64,
    /// How often the lock was held.
    depth: u32,
}

/// An operation in which the thread may stand in line, and on the lock as well.
struct InLine<'a>(UnderWay<'a>);

impl Drop for InLine<'_> {
    fn drop(&mut self) {
        self.0.intent.set_second_object(None);
    }
}

/// What came of waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waited {
    /// Whether it was notified; otherwise the time was over.
    pub notified: bool,
    /// The lock, which it holds again as often as before.
    pub taken: Taken,
}

impl Condition {
    /// Gives the lock up, waits until it is notified or the time is over, and takes the lock again,
    /// however long that takes.
    ///
    /// # Errors
    ///
    /// [`Error::NotHeld`](procession_arena::Error::NotHeld) or
    /// [`Error::HeldByAnother`](procession_arena::Error::HeldByAnother) if this thread (for a
    /// reentrant lock) or process (otherwise) does not hold the lock.
    ///
    /// # If a process dies
    ///
    /// This one: it waits no more; if it was notified and did not return, another one is notified in its
    /// place. The holder of the lock: this returns with the lock, and tells so once.
    pub fn wait(&self, me: &Participant, wait: Wait) -> Result<Waited> {
        let waiting = self.enter(me)?;
        self.finish(me, waiting, wait)
    }

    /// The first half of [`wait`](Self::wait): gets in line and gives the lock up.
    ///
    /// The thread must do nothing else in the session before it calls [`finish`](Self::finish).
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub fn enter(&self, me: &Participant) -> Result<Waiting> {
        let hold = self.guarded.own_hold(me)?;
        let in_line = InLine(UnderWay::begin(me, operation::ENTER, self.object.handle)?);
        let ticket = self.draw_ticket(me, in_line.0.intent)?;
        let depth = self.guarded.give_back(me, hold)?;
        // It stands in line beyond this call.
        std::mem::forget(in_line);
        Ok(Waiting { ticket, depth })
    }

    /// The second half of [`wait`](Self::wait), by the same thread.
    ///
    /// # Errors
    ///
    /// As [`wait`](Self::wait).
    pub fn finish(&self, me: &Participant, waiting: Waiting, wait: Wait) -> Result<Waited> {
        let _in_line = InLine(UnderWay {
            intent: me.intent()?,
        });
        let view = self.view(me)?;
        let notified = layout::lane(me.arena(), view.header, waiting.ticket)?
            .wait_for(me, wait, || {
                Ok(view.is_notified(waiting.ticket).then_some(()))
            })?
            .is_some();
        let notified = notified || !self.leave(me, &waiting)?;
        // In sight of whoever recovers until the lock is held again: else the notification would be
        // lost with this thread.
        let taken = self.guarded.take_again(me, waiting.depth)?;
        Ok(Waited { notified, taken })
    }

    /// Gets in line.
    fn draw_ticket(&self, me: &Participant, intent: Intent<'_>) -> Result<u64> {
        let view = self.view(me)?;
        let _line = layout::lock(view.header).acquire(me, || view.recover(me))?;
        let next = view.header.word64::<{ layout::NEXT }>();
        let ticket = next.load();
        next.store(ticket.wrapping_add(1));
        // The lock's waiters are to know that this thread may owe them a wake.
        intent.set_second_object(Some(self.lock));
        intent.set_expected(0);
        intent.set_count(ticket);
        me.begin(operation::WAIT, self.object.handle)?;
        Ok(ticket)
    }

    /// Leaves the line; false if this thread was notified after all.
    fn leave(&self, me: &Participant, waiting: &Waiting) -> Result<bool> {
        let view = self.view(me)?;
        let _line = layout::lock(view.header).acquire(me, || view.recover(me))?;
        if view.is_notified(waiting.ticket) {
            return Ok(false);
        }
        me.intent()?.set_count(0);
        Ok(true)
    }
}
